"""What a card of a list shows, read without models: lists are most of what visitors ask for."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from calls.models import Call
from calls.parts import Budget, Cutoff
from calls.status import next_date_of, status_of

SAVED = pgettext_lazy("call", "saved")
address = cache(reverse)
FIELDS = "pk", "slug", "title", "title_language", "code", "deadline_model", "opens_at", "deadline"


class CardTheme(NamedTuple):
    pk: int
    slug: str
    name: str
    parent_id: int | None

    def get_absolute_url(self):
        return f"{address('themes')}{self.slug}/"


class Amount(NamedTuple):
    label: str
    amount: Decimal
    shared: bool


@dataclass(slots=True)
class Card:
    """A call in a list; the names are those of Call. Of its cut-offs it knows those still to come."""

    pk: int
    slug: str
    title: str
    title_language: str
    code: str
    deadline_model: str
    opens_at: datetime | None
    deadline: datetime | None
    fund: str = ""
    themes: list[CardTheme] = field(default_factory=list)
    amounts: list[Amount] = field(default_factory=list)
    cutoffs: list[datetime] = field(default_factory=list)
    marked_title: str = ""
    snippet: str = ""

    @property
    def status(self):
        return status_of(self, timezone.now())

    @property
    def next_date(self):
        return next_date_of(self.deadline, self.cutoffs)

    def get_absolute_url(self):
        return f"{address('calls')}{self.slug}/"


def cards(pks):
    """The published calls with these primary keys, in the same order; four queries."""
    found = cards_of(pks)
    return [found[pk] for pk in pks if pk in found]


def cards_in_lists(**lists):
    """{name: the cards of its primary keys}, all read at once."""
    found = cards_of({pk for pks in lists.values() for pk in pks})
    return {name: [found[pk] for pk in pks if pk in found] for name, pks in lists.items()}


def cards_of(pks):
    """{primary key: card}"""
    calls = Call.objects.published().filter(pk__in=pks).order_by()
    names = "fund__abbreviation", "fund__period"
    rows = calls.values_list(*FIELDS, *names)
    found = {row[0]: Card(*row[:-2], fund=f"{row[-2]} {row[-1]}".strip() if row[-2] else "") for row in rows}
    if not found:
        return found
    about = {"call__in": list(found)}
    links = Call.themes.through.objects.filter(**about).order_by(Lower("theme__name"))
    for call, *theme in links.values_list("call", "theme", "theme__slug", "theme__name", "theme__parent"):
        found[call].themes.append(CardTheme(*theme))
    for call, *budget in (
        Budget.objects.filter(**about).exclude(amount=None).values_list("call", "label", "amount", "shared")
    ):
        found[call].amounts.append(Amount(*budget))
    for call, at in Cutoff.objects.filter(**about).values_list("call", "at"):
        found[call].cutoffs.append(at)
    return found


def card_of(call):
    """Of a call that was read with `for_list`."""
    return Card(
        *(getattr(call, name) for name in FIELDS),
        fund=str(call.fund or ""),
        themes=[CardTheme(theme.pk, theme.slug, theme.name, theme.parent_id) for theme in call.themes.all()],
        amounts=[Amount(budget.label, budget.amount, budget.shared) for budget in call.amounts],
        cutoffs=[cutoff.at for cutoff in call.cutoffs.all()],
        marked_title=call.marked_title,
        snippet=call.snippet,
    )
