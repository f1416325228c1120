"""How a call, a fund and a theme read in a list of search results: a title that fits, a description that answers."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.status import DeadlineModel, Status
from portal.templatetags.portal import euro, excerpt

TITLE = 60
DESCRIPTION = 160


def call_snippet(call):
    """The title and description of a published call, for its page's head."""
    status = title_status(call)
    title = f"{fitting(call.title, TITLE - len(status) - 1)} {status}".strip()
    facts = [date_sentence(call), budget_sentence(call), who_sentence(call)]
    introduction = call.introduction or call.objectives_before
    return {"title": title, "description": described(facts, introduction)}


def fund_snippet(fund):
    """“AMIF 2021-2027: Fonds voor …”: people search for the abbreviation."""
    facts = [_("Objectives, budget, contacts and calls of this EU fund.")]
    return {"title": fitting(f"{fund}: {fund.name}", TITLE), "description": described(facts, fund.introduction)}


def described(facts, html):
    """The facts that are known, then as much of a text as fits behind them."""
    text = " ".join(fact for fact in facts if fact)
    return fitting(f"{text} {excerpt(html, 2 * DESCRIPTION)}".strip(), DESCRIPTION)


def fitting(text, length):
    """Cut between words where that leaves most of the room filled."""
    cut = Truncator(text).chars(length)
    whole = cut.rpartition(" ")[0].rstrip(" ,.:;–-") + "…"
    return cut if cut == text or len(whole) < length / 2 else whole


def title_status(call):
    match call.status:
        case Status.CLOSED:
            return _("(closed)")
        case Status.UPCOMING:
            return _("– opens %(date)s") % {"date": short_day(call.opens_at)}
        case Status.OPEN if call.next_date:
            return _("– until %(date)s") % {"date": short_day(call.next_date)}
    return ""


def date_sentence(call):
    match call.status:
        case Status.CLOSED:
            return _("Closed since %(date)s.") % {"date": day(call.deadline)}
        case Status.UPCOMING if call.deadline:
            dates = {"opens": day(call.opens_at), "deadline": day(call.deadline)}
            return _("Opens %(opens)s, deadline %(deadline)s.") % dates
        case Status.UPCOMING:
            return _("Opens %(date)s.") % {"date": day(call.opens_at)}
        case Status.OPEN if call.next_date:
            return _("Deadline %(date)s.") % {"date": day(call.next_date)}
    return _("Apply at any time.") if call.deadline_model == DeadlineModel.ROLLING else ""


def budget_sentence(call):
    """Where a call has several amounts one of them alone would mislead, and all of them would fill the line."""
    if len(call.amounts) != 1:
        return ""
    budget = call.amounts[0]
    text = _("Budget %(amount)s, shared with other calls.") if budget.shared else _("Budget %(amount)s.")
    return text % {"amount": euro(budget.amount)}


def who_sentence(call):
    names = [str(one) for one in call.who_may_apply]
    if len(names) > 3:
        return ngettext("For %(n)d type of organisation.", "For %(n)d types of organisation.", len(names)) % {
            "n": len(names)
        }
    return _("For %(names)s.") % {"names": ", ".join(names)} if names else ""


def day(at):
    return date_format(timezone.localtime(at), "j F Y")


def short_day(at):
    return date_format(timezone.localtime(at), "j b Y")
