"""Checks of a call before it is published, and ever after. An error forbids publishing, a warning makes one think.

`problems_of` looks at one call and asks nobody; `refresh` writes down what it finds in many, and nothing else does.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import batched

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.text import Truncator, capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from holidays import country_holidays

from calls.changes import said
from calls.desk.dates_in_text import deadlines_named
from calls.desk.links import addresses_of, texts_of
from calls.models import Call, Link, Problem
from calls.page_values import parse_amounts, parse_totals
from calls.plain import plain
from calls.sections import filled
from calls.status import DeadlineModel, Publication
from portal.templatetags.portal import euro
from portal.turns import in_turns

logger = logging.getLogger(__name__)
ERROR, WARNING = Problem.Level.ERROR, Problem.Level.WARNING
LONGEST = Problem._meta.get_field("text").max_length
BATCH = 500
SATURDAY = 5
# What an applicant looks for, and the parts of a call that say it; any one of them will do.
SECTIONS = {
    "introduction": (gettext_lazy("The introduction is empty."), ["introduction"]),
    "objectives": (
        gettext_lazy("There are no objectives."),
        ["objectives_before", "objectives", "objectives_after"],
    ),
    "actions": (gettext_lazy("There are no actions."), ["actions_before", "actions", "actions_after"]),
    "budgets": (gettext_lazy("Nothing is said of the budget."), ["budget_text", "budgets"]),
    "beneficiaries": (
        gettext_lazy("Nothing is said of who may apply."),
        ["beneficiaries", "target_group", "final_beneficiaries"],
    ),
    "info_contact": (gettext_lazy("Nothing is said of where to ask for information."), ["info_contact"]),
}


@cache
def belgian_holidays():
    """{date: name}; made when one is asked for, because the library reads all countries of the world for it."""
    return country_holidays("BE", language="nl")


@dataclass(frozen=True)
class Known:
    """What the checks look at beside the calls themselves."""

    by_title: dict = field(default_factory=dict)  # {title: [Call]}
    by_code: dict = field(default_factory=dict)  # {code in small letters: [Call]}
    dead: dict = field(default_factory=dict)  # {address: Link}


def known_about(calls):
    """Three queries for any number of calls, which were fetched with `for_export`."""
    titles = {call.title for call in calls if call.title}
    codes = {code for call in calls if call.code for code in (call.code, call.code.upper(), call.code.lower())}
    urls = {url for call in calls for url in addresses_of(call)}
    rows = Call.objects.only("title", "code", "family")
    return Known(
        grouped(rows.filter(title__in=titles), lambda call: call.title),
        grouped(rows.filter(code__in=codes), lambda call: call.code.lower()),
        {link.url: link for link in Link.objects.dead().filter(url__in=urls)},
    )


def grouped(calls, key):
    groups = defaultdict(list)
    for call in calls.order_by("pk"):
        groups[key(call)].append(call)
    return groups


def problems_of(call, known, publishing=False):
    """Unsaved Problems, errors first; of a call with its rows, as `for_export` or a form gives it.

    `publishing`: the call is about to appear. An attribute `others` lists the calls that a problem is about.
    """
    if call.publication == Publication.WITHDRAWN:
        return []
    checks = [
        *of_title(call, known),
        *of_dates(call, publishing),
        *of_sections(call),
        *of_budget(call),
        *of_texts(call),
        *of_links(call, known),
    ]
    return sorted(checks, key=lambda problem: problem.level)


def problem(call, level, code, where, text, others=()):
    found = Problem(call_id=call.pk, level=level, code=code, field=where, text=shortened(text))
    found.others = others
    return found


def shortened(text):
    return Truncator(capfirst(text)).chars(LONGEST)


def dead_text(url):
    """What a check says of a dead link; by it the list of links finds the calls."""
    return shortened(_("This link is dead: %(url)s") % {"url": url})


# Title and code ------------------------------------------------------------------------------------------------------


def of_title(call, known):
    if not call.title.strip():
        yield problem(call, ERROR, "title_missing", "title", _("The title is empty."))
    # Editions of one call are known by their code.
    same = [one for one in known.by_title.get(call.title, ()) if not (call.family and one.family == call.family)]
    yield from used_by(call, same, "title_used", "title", _("Another call has this title: %(calls)s"))
    same = known.by_code.get(call.code.lower(), ()) if call.code else ()
    yield from used_by(call, same, "code_used", "code", _("Another call has this code: %(calls)s"))


def used_by(call, same, code, where, text):
    others = [one for one in same if one.pk != call.pk]
    if others:
        names = ", ".join(name_of(one) for one in others[:3]) + (", …" if others[3:] else "")
        yield problem(call, WARNING, code, where, text % {"calls": names}, others[:10])


def name_of(call):
    return f"{call.title} ({call.code})" if call.code else call.title


# Dates ---------------------------------------------------------------------------------------------------------------


def of_dates(call, publishing):
    if call.deadline is None:
        yield from of_no_deadline(call)
    elif call.opens_at and call.opens_at >= call.deadline:
        yield problem(call, ERROR, "opens_late", "opens_at", _("The call opens after its deadline."))
    now = timezone.now()
    appears = max(call.published_at or now, now)
    if call.deadline and call.deadline <= appears and (publishing or not call.is_published):
        text = _("The deadline is past: %(at)s.") if call.deadline <= now else _("It is published after its deadline.")
        level = ERROR if publishing else WARNING
        yield problem(call, level, "deadline_past", "deadline", text % {"at": said(call.deadline)})
    for where, at in dates_of(call):
        if at > now and (text := of_closed_day(at)):
            yield problem(call, WARNING, "closed_day", where, text)


def of_no_deadline(call):
    if call.deadline_model in DeadlineModel.with_deadline():
        text = _("This deadline model needs a deadline.")
        yield problem(call, ERROR, "deadline_missing", "deadline", text)
    elif call.deadline_model != DeadlineModel.ROLLING:
        yield problem(call, WARNING, "deadline_missing", "deadline", _("The deadline is not known."))


def dates_of(call):
    """[(field, aware datetime)] of the moments until which people apply."""
    deadline = [("deadline", call.deadline)] if call.deadline else []
    return [*deadline, *(("cutoffs", cutoff.at) for cutoff in call.cutoffs.all())]


def of_closed_day(at):
    """Why nobody answers a question on this day; nothing for a working day in Belgium."""
    if holiday := belgian_holidays().get(localtime(at).date()):
        return _("%(date)s is a public holiday: %(holiday)s.") % {"date": said(at), "holiday": holiday}
    return _("%(date)s is in a weekend.") % {"date": said(at)} if localtime(at).weekday() >= SATURDAY else ""


# Contents ------------------------------------------------------------------------------------------------------------


def of_sections(call):
    for where, (text, parts) in SECTIONS.items():
        if any(filled(getattr(call, part)) for part in parts) or (where == "beneficiaries" and call.who_may_apply):
            continue
        yield problem(call, WARNING, "section_empty", where, str(text))


def of_budget(call):
    """Amounts of the text that no line has, and the other way round; the total of the lines stands for all of them.

    What the text says of one project needs no line.
    """
    text = plain(call.budget_text) if call.budget_text else ""
    in_text, totals = parse_amounts(text), parse_totals(text)
    lines = [budget.amount for budget in call.amounts]
    total = sum(lines)
    text_alone = [amount for amount in totals if amount not in {*lines, total}]
    lines_alone = [amount for amount in lines if amount not in in_text] if totals and total not in totals else []
    texts = []
    if text_alone:
        texts.append(_("The text names %(amounts)s, no budget line does.") % {"amounts": in_euro(text_alone)})
    if lines_alone:
        texts.append(_("A budget line says %(amounts)s, the text does not.") % {"amounts": in_euro(lines_alone)})
    if texts:
        yield problem(call, WARNING, "budget_differs", "budgets", " ".join(texts))


def in_euro(amounts):
    return ", ".join(euro(amount) for amount in dict.fromkeys(amounts))


def of_texts(call):
    """Deadlines in the texts that no date of the call is."""
    dates = [localtime(at) for _where, at in dates_of(call)]
    found = defaultdict(list)
    for where, html in texts_of(call):
        # Most texts hold no number at all, and making them plain takes the most time.
        if any(sign.isdigit() for sign in html):
            named = deadlines_named(plain(html))
            found[where] += [one.quote for one in named if not any(one.is_on(at) for at in dates)]
    text = _("The text names another deadline than the field: “%(quote)s”.")
    text = text if call.deadline else _("The text names a deadline that no field has: “%(quote)s”.")
    for where, quotes in found.items():
        for quote in dict.fromkeys(quotes):
            yield problem(call, WARNING, "other_deadline", where, text % {"quote": quote})


def of_links(call, known):
    for url, where in addresses_of(call).items():
        if url in known.dead:
            yield problem(call, WARNING, "dead_link", where, dead_text(url))


# Kept ----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def refresh(calls):
    """Writes the problems of these calls (rows or primary keys), in as many queries for one as for five hundred.

    What is still wrong keeps the moment at which it was found.
    """
    pks = {getattr(call, "pk", call) for call in calls}
    rows = Call.objects.for_export().select_for_update(of=("self",), no_key=True)
    calls = list(rows.filter(pk__in=pks).order_by("pk"))
    known = known_about(calls)
    new = {key(one): one for call in calls for one in problems_of(call, known)}
    old = {key(one): one for one in Problem.objects.filter(call__in=calls)}
    Problem.objects.filter(pk__in=[one.pk for name, one in old.items() if name not in new]).delete()
    Problem.objects.bulk_create([one for name, one in new.items() if name not in old])


def key(found):
    return (found.call_id, found.level, found.code, found.field, found.text)


def refresh_all(pks, advance=lambda number: None):
    """For any number of calls, in transactions of their own; `advance` hears how many are done."""
    for batch in in_turns(batched(pks, BATCH, strict=False)):
        refresh_each(batch)
        advance(len(batch))


def refresh_each(pks):
    """A call that no check can read, which is a fault of ours, stops none of the others."""
    try:
        refresh(pks)
    except DatabaseError:
        raise
    except Exception:
        if len(pks) == 1:
            logger.exception("The checks of call %s broke off.", *pks)
            return
        half = len(pks) // 2
        refresh_each(pks[:half])
        refresh_each(pks[half:])


def counted(problems):
    """“1 error, 2 warnings”; nothing where there is nothing wrong."""
    errors = sum(one.level == ERROR for one in problems)
    warnings = len(problems) - errors
    texts = [ngettext("%(n)d error", "%(n)d errors", errors) % {"n": errors}] if errors else []
    texts += [ngettext("%(n)d warning", "%(n)d warnings", warnings) % {"n": warnings}] if warnings else []
    return ", ".join(texts)
