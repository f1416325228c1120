"""What search engines read of a page besides its text: schema.org data, as dicts for the `json_ld` filter."""

from decimal import Decimal

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from calls.models import Call
from calls.status import DeadlineModel
from funds.models import Fund, Theme
from portal.templatetags.portal import excerpt

CONTEXT = "https://schema.org"
EUROPEAN_UNION = {"@type": "Organization", "name": "Europese Unie", "url": "https://european-union.europa.eu/"}


def linked_data(row, trail, absolute):
    """The data of a call's, fund's or theme's page; `absolute` makes whole addresses of paths."""
    crumbs = breadcrumbs([*trail, (str(row), row.get_absolute_url())], absolute)
    return [crumbs, grant(row, absolute)] if isinstance(row, Call) else [crumbs]


# Breadcrumbs ---------------------------------------------------------------------------------------------------------


def trail_to(row):
    """[(name, path)] of the pages above a call's, a fund's or a theme's, the home page first."""
    home = (_("Home"), reverse("home"))
    match row:
        case Call():
            return [home, (pgettext("menu", "Calls"), reverse("calls"))]
        case Fund():
            return [home, (_("Funds"), reverse("funds"))]
        case Theme():
            above = [(row.parent.name, row.parent.get_absolute_url())] if row.parent else []
            return [home, (_("Themes"), reverse("themes")), *above]


def breadcrumbs(trail, absolute):
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": absolute(path)}
        for position, (name, path) in enumerate(trail, 1)
    ]
    return {"@context": CONTEXT, "@type": "BreadcrumbList", "itemListElement": items}


# Calls ---------------------------------------------------------------------------------------------------------------


def grant(call, absolute):
    """A call as a grant, a MonetaryGrant where an amount of its own is known.

    schema.org gives Grant no deadline and no language. Both stand where they are valid: the period in which people
    can apply on the ApplyAction that every Thing may have (`potentialAction`), the language on the page about it.
    """
    url = absolute(call.get_absolute_url())
    amounts = monetary_amounts(call)
    data = {
        "@context": CONTEXT,
        "@type": "MonetaryGrant" if amounts else "Grant",
        "@id": f"{url}#oproep",
        "name": call.title,
        "identifier": call.code,
        "description": excerpt(call.introduction or call.objectives_before, 300),
        "url": url,
        "sameAs": call.source_url,
        "mainEntityOfPage": {
            "@type": "WebPage",
            "@id": url,
            "inLanguage": "nl-BE",
            "datePublished": moment(call.published_at),
            "dateModified": moment(call.updated_at),
        },
        "funder": funder(call.fund, absolute),
        "amount": amounts,
        "potentialAction": apply_actions(call, url),
    }
    return {name: value for name, value in data.items() if value}


def funder(fund, absolute):
    """The fund as a part of the European Union, or the Union itself."""
    if not fund:
        return EUROPEAN_UNION
    url = absolute(fund.get_absolute_url())
    known = {"name": fund.name, "alternateName": str(fund), "url": url}
    return {"@type": "Organization", **known, "parentOrganization": EUROPEAN_UNION}


def monetary_amounts(call):
    """Every amount of this call alone. A pot that several calls share is not the call's amount."""
    own = [budget for budget in call.amounts if not budget.shared]
    return [
        {"@type": "MonetaryAmount", "currency": "EUR", "value": number(one.amount)}
        | ({"name": one.label} if one.label else {})
        for one in own
    ]


def number(amount: Decimal):
    """A Decimal as the number that JSON knows; fifteen digits survive it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def apply_actions(call, url):
    """An ApplyAction for every date that ends a period; for a rolling call one without an end."""
    ends = [(cutoff.label, cutoff.at) for cutoff in call.cutoffs.all()]
    ends += [("", call.deadline)] if call.deadline or call.deadline_model == DeadlineModel.ROLLING else []
    actions = [{"name": label, "startTime": moment(call.opens_at), "endTime": moment(at)} for label, at in ends]
    known = {"@type": "ApplyAction", "target": call.source_url or url}
    return [known | {name: value for name, value in action.items() if value} for action in actions]


def moment(at):
    """An aware datetime in Belgian time, as ISO 8601; nothing for None."""
    return localtime(at).isoformat(timespec="seconds") if at else None
