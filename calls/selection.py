"""Which published calls fit a set of criteria, in which order, and how many would fit others."""

from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import and_, or_

import numpy as np
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from calls.columns import bits, mask_of, microseconds
from calls.status import Status

PERIODS = [7, 30, 90]  # days
CHOICES = ["theme", "fund", "organisation"]
NOT_CLOSED = "not closed"  # open, upcoming, or with a deadline that nobody knows; for pages, no address says it


class StatusChoice(models.TextChoices):
    """The status filter as the address writes it; without one a list shows what can still be applied for."""

    OPEN = "open", _("Open")
    UPCOMING = "binnenkort", _("Upcoming")
    CLOSED = "gesloten", _("Closed")
    UNKNOWN = "onbekend", _("Deadline unknown")
    ALL = "alle", _("All")


class Sort(models.TextChoices):
    FIT = "relevantie", _("best match")
    DEADLINE = "deadline", _("next deadline")
    NEWEST = "nieuwste", _("newest")
    BUDGET = "budget", pgettext_lazy("sort", "largest budget")


STATUS_OF_CHOICE = {
    StatusChoice.OPEN: Status.OPEN,
    StatusChoice.UPCOMING: Status.UPCOMING,
    StatusChoice.CLOSED: Status.CLOSED,
    StatusChoice.UNKNOWN: Status.UNKNOWN,
}


@dataclass(frozen=True)
class Criteria:
    """What somebody asks for. Slugs; days; euro. Empty means: everything, except for the status."""

    status: str = ""
    theme: list[str] = field(default_factory=list)
    fund: list[str] = field(default_factory=list)
    organisation: list[str] = field(default_factory=list)
    closes_within: int | None = None
    opened_within: int | None = None
    budget_from: int | None = None
    budget_to: int | None = None


class Selection:
    """The calls that fit the criteria and, where somebody searches, the hits of the search."""

    def __init__(self, columns, criteria, hits=None, sort=""):
        self.columns, self.criteria, self.hits = columns, criteria, hits
        now = timezone.now()
        # The moment may have been made earlier, when the same dates were still to come; periods count from now.
        self.now, self.moment = microseconds(now), columns.at(now)
        fits = sort and (sort != Sort.FIT or hits is not None)
        self.sort = sort if fits else (Sort.FIT if hits is not None else Sort.DEADLINE)

    # What one criterion lets through, as bits ------------------------------------------------------------------------

    def has_status(self, value):
        statuses = self.moment.status_bits
        if value == StatusChoice.ALL:
            return self.moment.published_bits
        if value == NOT_CLOSED:
            return ~statuses[Status.CLOSED]
        status = STATUS_OF_CHOICE.get(value)
        return statuses[status] if status else statuses[Status.OPEN] | statuses[Status.UPCOMING]

    def has_choice(self, name, slug):
        """A theme, fund or type of organisation; none has one that came after these columns."""
        return self.columns.bits[name].get(slug, 0)

    def closes_within(self, days):
        """Open, with the final deadline at most so many days away."""
        return self.moment.status_bits[Status.OPEN] & self.columns.up_to("deadline", self.now, days)

    def opened_within(self, days):
        return self.columns.up_to("opens_at", self.now) & ~self.columns.up_to("opens_at", self.now, -days)

    def has_budget(self, smallest, largest):
        """A call of which no amount is known fits no range."""
        cents = self.columns.amount
        return bits(
            (cents > 0) & (cents >= (smallest or 0) * 100) & (cents <= (10**13 if largest is None else largest) * 100)
        )

    # Together --------------------------------------------------------------------------------------------------------

    @cached_property
    def everything(self):
        """The published calls, or the hits among them."""
        published = self.moment.published_bits
        return published if self.hits is None else published & bits(self.columns.mask(self.hits.pks))

    @cached_property
    def masks(self):
        """For each criterion in use the calls it lets through; values of one criterion add up."""
        asked = self.criteria
        masks = {"status": self.has_status(asked.status)}
        for name in CHOICES:
            if slugs := getattr(asked, name):
                masks[name] = reduce(or_, (self.has_choice(name, slug) for slug in slugs))
        for name, lets_through in self.periods.items():
            if days := getattr(asked, name):
                masks[name] = lets_through(days)
        if asked.budget_from is not None or asked.budget_to is not None:
            masks["budget"] = self.has_budget(asked.budget_from, asked.budget_to)
        return masks

    @property
    def periods(self):
        return {"closes_within": self.closes_within, "opened_within": self.opened_within}

    def fitting(self, without=None):
        """The calls that pass all criteria but one."""
        return reduce(and_, (mask for name, mask in self.masks.items() if name != without), self.everything)

    @cached_property
    def found(self):
        """An array of booleans."""
        return mask_of(self.fitting(), len(self.columns.pk))

    @cached_property
    def total(self):
        return self.fitting().bit_count()

    def total_without(self, name):
        """How many calls there would be if one criterion were dropped (the status: among calls of every status)."""
        return self.fitting(without=name).bit_count()

    def counts(self, name):
        """{value: number of calls} for every value of a criterion, all other criteria kept."""
        others = self.fitting(without=name)
        return {value: (others & passed).bit_count() for value, passed in self.values(name).items()}

    def values(self, name):
        """{value: what it lets through} for every value of a criterion."""
        if name in CHOICES:
            return self.columns.bits[name]
        if name == "status":
            return {value: self.has_status(value) for value in ("", *StatusChoice.values)}
        return {days: self.periods[name](days) for days in PERIODS}

    # In order --------------------------------------------------------------------------------------------------------

    @cached_property
    def order(self):
        """The positions of the calls found, in the order asked for."""
        orders = {Sort.NEWEST: "by_publication", Sort.BUDGET: "by_amount"}
        order = getattr(self.moment, orders.get(self.sort, "by_deadline"))
        order = order[self.found[order]]
        return order[self.by_fit(order)] if self.sort == Sort.FIT else order

    def by_fit(self, order):
        """Code, then title, then names, then text; in each the calls that run before the closed ones."""
        rank = np.full(len(self.columns.pk), len(self.hits.levels), np.int8)
        for level, pks in reversed(list(enumerate(self.hits.levels))):
            rank[self.columns.mask(pks)] = level
        closed = self.moment.status[Status.CLOSED]
        return np.argsort((rank * 2 + closed)[order], kind="stable")

    def pks(self, start=0, stop=None):
        """The primary keys of the calls found, in order."""
        return self.columns.pk[self.order[start:stop]].tolist()
