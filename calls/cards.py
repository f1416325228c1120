"""What a card of a list shows, read without models: lists are most of what visitors ask for."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from calls.columns import Columns, cents, from_microseconds
from calls.models import Call
from calls.parts import Budget
from calls.prepared import rows
from calls.status import Publication, next_date_of, publication_conditions, status_of

address = cache(reverse)
known_names: WeakKeyDictionary[Columns, tuple[dict, dict]] = WeakKeyDictionary()
TEXTS = "pk", "slug", "title", "title_language", "code", "deadline_model"


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
    """A call in a list, as it is `now`; the other names are those of Call."""

    now: datetime = field(compare=False)

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
        return status_of(self, self.now)

    @property
    def next_date(self):
        return next_date_of(self.deadline, self.cutoffs, self.now)

    def get_absolute_url(self):
        return f"{address('calls')}{self.slug}/"


def cards(columns, pks):
    """The published calls with these primary keys, in the same order; one query."""
    return cards_in_lists(columns, found=pks)["found"]


def cards_in_lists(columns, **lists):
    """{name: the cards of its primary keys}, all read at once."""
    found = cards_of(columns, sorted({pk for pks in lists.values() for pk in pks}))
    return {name: [found[pk] for pk in pks if pk in found] for name, pks in lists.items()}


def cards_of(columns, pks):
    """{primary key: card}: the texts and amounts from the database, dates and themes from the columns."""
    now, alias = timezone.now(), Call.objects.db
    texts, amounts = {}, defaultdict(list)
    for *text, label, amount, shared in rows(texts_and_amounts, alias, now, pks):
        texts[text[0]] = text
        if amount is not None:
            amounts[text[0]].append(Amount(label, Decimal(amount).scaleb(-2), bool(shared)))
    places = columns.positions(sorted(texts))
    pks = columns.pk[places].tolist()
    facts = zip(
        pks,
        columns.opens_at[places].tolist(),
        columns.deadline[places].tolist(),
        columns.fund[places].tolist(),
        columns.of_calls(columns.links, "theme", pks),
        columns.of_calls(columns.cutoffs, "at", pks),
        strict=True,
    )
    funds, themes = names_of(columns)
    return {
        pk: Card(
            now,
            *texts[pk],
            from_microseconds(opens_at, unknown=0),
            from_microseconds(deadline),
            funds.get(fund, ""),
            themes=[themes[pk] for pk in links],
            amounts=amounts[pk],
            cutoffs=[from_microseconds(at) for at in cutoffs],
        )
        for pk, opens_at, deadline, fund, links, cutoffs in facts
    }


def texts_and_amounts(now, pks):
    """A row for each budget line of a call, or one without."""
    published = Call.objects.filter(publication_conditions(now)[Publication.PUBLISHED], pk__in=pks)
    budget = "budgets__label", cents(F("budgets__amount")), "budgets__shared"
    return published.order_by(*(f"budgets__{name}" for name in Budget._meta.ordering)).values_list(*TEXTS, *budget)


def names_of(columns):
    """({primary key: name of a fund}, {primary key: theme, as cards show it})"""
    if columns not in known_names:
        themes, funds = columns.themes, columns.funds
        known_names[columns] = (
            {fund.pk: fund.name for fund in funds.values()},
            {
                theme.pk: CardTheme(
                    theme.pk, theme.slug, theme.name, themes[theme.parent].pk if theme.parent else None
                )
                for theme in themes.values()
            },
        )
    return known_names[columns]


def card_of(call, now):
    """Of a call that was read with `for_list`, as it is at an aware moment."""
    return Card(
        now,
        *(getattr(call, name) for name in TEXTS),
        call.opens_at,
        call.deadline,
        fund=str(call.fund or ""),
        themes=[CardTheme(theme.pk, theme.slug, theme.name, theme.parent_id) for theme in call.themes.all()],
        amounts=[Amount(budget.label, budget.amount, budget.shared) for budget in call.amounts],
        cutoffs=[cutoff.at for cutoff in call.cutoffs.all()],
        marked_title=call.marked_title,
        snippet=call.snippet,
    )
