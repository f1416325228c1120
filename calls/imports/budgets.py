"""The budget of one topic, taken out of the overview that the EU portal repeats with every topic of a call."""

from collections import defaultdict
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from calls.imports.values import HIGHEST, Unreadable, amount_of, cut, listed, plain
from portal.richtext import sanitize
from portal.templatetags.portal import euro


def lines_of(overview):
    """The lines of a budgetOverview: its map holds lists of lines, or single lines."""
    lines = overview.get("budgetTopicActionMap") if isinstance(overview, dict) else None
    values = lines.values() if isinstance(lines, dict) else []
    return [line for value in values for line in listed(value) if isinstance(line, dict)]


def topic_of_line(line):
    """The line's topic and type of action, from "<topic> - <code> <type of action>"."""
    topic, dash, action = plain(line.get("action")).partition(" - ")
    return (topic.upper(), action) if dash else ("", "")


def own_lines(identifier, overview):
    return [line for line in lines_of(overview) if topic_of_line(line)[0] == identifier.upper()]


def years_of(line):
    """{year: euro} of a line. Raises Unreadable for a negative or senseless amount."""
    years = line.get("budgetYearMap")
    years = years if isinstance(years, dict) else {}
    return {plain(year): amount_of(value) for year, value in years.items() if value not in (None, "")}


def budgets_of(identifier, overview):
    """[{label, amount, rate, shared, note}] of a topic; a type of action each, the years added up.

    Raises Unreadable when one of its own amounts is: a part would pass for the whole.
    """
    years = defaultdict(lambda: defaultdict(Decimal))
    for line in own_lines(identifier, overview):
        for year, amount in years_of(line).items():
            years[type_of_action(line)][year] += amount
    siblings = shared_by(overview)
    return [
        budget_row(label, of_years, siblings) for label, of_years in sorted(years.items()) if any(of_years.values())
    ]


def type_of_action(line):
    """“HORIZON-RIA HORIZON Research and Innovation Actions” without its code."""
    code, _space, name = topic_of_line(line)[1].partition(" ")
    return cut(name if name and code.isupper() and "-" in code else f"{code} {name}".strip(), 200)


def budget_row(label, years, siblings):
    amount = sum(years.values())
    if amount >= HIGHEST:
        raise Unreadable(_("The budget is more than there is money."))
    told = [", ".join(f"{year}: {euro(part)}" for year, part in sorted(years.items()))] if len(years) > 1 else []
    if siblings:
        told.append(_("budget of the call, one pot for %(number)s topics") % {"number": siblings})
    return {
        "label": label,
        "amount": str(amount),
        "rate": None,
        "shared": siblings > 0,
        "note": cut("; ".join(told), 300),
    }


def shared_by(overview):
    """How many topics share the call's budget: the portal then repeats one amount with all of them. 0 for none."""
    totals = defaultdict(Decimal)
    for line in lines_of(overview):
        try:
            totals[topic_of_line(line)[0]] += sum(years_of(line).values())
        except Unreadable:
            return 0
    return len(totals) if len(totals) > 1 and len(set(totals.values())) == 1 and "" not in totals else 0


def budget_text(identifier, overview):
    """What the portal says besides amounts: how much a project can get, how many are expected."""
    told = [(type_of_action(line), said) for line in own_lines(identifier, overview) if (said := sentences(line))]
    if len({label for label, said in told}) > 1:
        return sanitize(format_html_join("", "<p>{}: {}</p>", told))
    return sanitize(format_html_join("", "<p>{}</p>", {(said,): None for label, said in told}))


def sentences(line):
    least, most = readable(line, "minContribution"), readable(line, "maxContribution")
    grants = readable(line, "expectedGrants")
    said = []
    if least and most and least < most:
        said.append(_("From %(least)s to %(most)s per project.") % {"least": euro(least), "most": euro(most)})
    elif most and least == most:
        said.append(_("%(most)s per project.") % {"most": euro(most)})
    elif most and not least:
        said.append(_("At most %(most)s per project.") % {"most": euro(most)})
    elif least and not most:
        said.append(_("At least %(least)s per project.") % {"least": euro(least)})
    if grants and grants == grants.to_integral_value():
        said.append(_("Expected number of projects: %(number)s.") % {"number": int(grants)})
    return format_html("{}", " ".join(said)) if said else ""


def readable(line, name):
    """0 stands for what the portal does not know."""
    try:
        return amount_of(line.get(name))
    except Unreadable:
        return Decimal(0)
