"""The overview of the editors' desk: what waits for a decision, what closes soon, what visitors searched in vain."""

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from calls.desk.models import EmptySearch, Link, Problem
from calls.imports.models import Proposal
from calls.models import Call
from calls.status import Publication, Status
from funds.models import Theme

DAYS, CALLS_SHOWN, WORDS_SHOWN = 30, 10, 15


@dataclass
class Decision:
    """A number of things that wait for an editor, with the list that shows them."""

    label: str
    number: int
    address: str = ""


@dataclass
class Bar:
    label: str
    number: int
    most: int = field(default=0, repr=False)
    address: str = ""

    @property
    def share(self):
        """Of the longest bar, in percent."""
        return round(100 * self.number / self.most) if self.most else 0

    @property
    def rest(self):
        """What is above a bar that stands upright."""
        return 100 - self.share


def bars(rows):
    """Bars of [(label, number, address)], drawn against the largest number."""
    most = max((number for _label, number, _address in rows), default=0)
    return [Bar(label, number, most, address) for label, number, address in rows]


def listed(user, model, **query):
    """The address of a filtered list at the desk; empty for who may not see it."""
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    if not (model in admin.site._registry and user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")):
        return ""
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(query)}".rstrip("?")


# What needs a decision -----------------------------------------------------------------------------------------------


def decisions(user):
    """What waits, the most pressing first; five queries."""
    now = timezone.now()
    late = Call.objects.with_publication(Publication.DRAFT).filter(deadline__lte=now).count()
    late_address = listed(user, Call, publication=Publication.DRAFT, status=Status.CLOSED)
    no_contact = Theme.objects.filter(contact=None).count()
    return [
        *calls_with_problems(user),
        Decision(_("Dead links"), Link.objects.dead().count(), listed(user, Link)),
        *open_proposals(user),
        Decision(_("Drafts past their deadline"), late, late_address),
        Decision(_("Themes without a VLEVA contact"), no_contact, listed(user, Theme, contact__isnull="True")),
    ]


def calls_with_problems(user):
    counted = Count("call", distinct=True)
    numbers = dict(Problem.objects.order_by().values_list("level").annotate(n=counted))
    names = {Problem.Level.ERROR: _("Calls with errors"), Problem.Level.WARNING: _("Calls with warnings")}
    return [Decision(name, numbers.get(level, 0), listed(user, Call, checks=level)) for level, name in names.items()]


def open_proposals(user):
    numbers = dict(Proposal.objects.open().order_by().values_list("kind").annotate(n=Count("pk")))
    names = {
        Proposal.Kind.NEW: _("New calls on the EU portal"),
        Proposal.Kind.CHANGED: _("Changes on the EU portal"),
        Proposal.Kind.GONE: _("Gone from the EU portal"),
    }
    return [
        Decision(name, numbers.get(kind, 0), listed(user, Proposal, kind__exact=kind)) for kind, name in names.items()
    ]


# What closes soon ----------------------------------------------------------------------------------------------------


def closing(user):
    """The deadlines of the next thirty days: a bar a day, and the first calls; two queries."""
    calls = Call.objects.published().closing_within(DAYS)
    numbers = dict(calls.order_by().values_list(TruncDate("deadline")).annotate(n=Count("pk")))
    today = localdate()
    dates = [today + timedelta(days=n) for n in range(DAYS + 1)]
    rows = [(date_format(date, "l j F"), numbers.get(date, 0), day_list(user, date)) for date in dates]
    days = bars(rows)
    soon = calls.order_by("deadline", "pk").for_line()[:CALLS_SHOWN]
    return {
        "days": list(zip(dates, days, strict=True)),
        "total": sum(numbers.values()),
        "soon": [(call, listed_call(user, call)) for call in soon],
        "until": dates[-1],
    }


def day_list(user, date):
    return listed(user, Call, deadline__year=date.year, deadline__month=date.month, deadline__day=date.day)


def listed_call(user, call):
    return reverse("admin:calls_call_change", args=[call.pk]) if listed(user, Call) else ""


# What visitors searched in vain --------------------------------------------------------------------------------------


def words_in_vain(user):
    """The words of the last thirty days that found nothing, the most frequent first; one query."""
    if not user.has_perm("calls.view_emptysearch"):
        return []
    since = localdate() - timedelta(days=DAYS)
    found = EmptySearch.objects.filter(day__gte=since).order_by().values("words")
    return list(found.annotate(total=Sum("times"), last=Max("day")).order_by("-total", "-last", "words")[:WORDS_SHOWN])


def overview_of_calls(user):
    """What the page shows of calls; `accounts.overview` adds followers and mails."""
    waiting = decisions(user)
    return {
        "decisions": waiting,
        "nothing_waits": not any(decision.number for decision in waiting),
        "closing": closing(user),
        "words": words_in_vain(user),
        "words_address": listed(user, EmptySearch),
        "now": localtime(),
    }
