"""Calls on one line of time: from opening over cut-offs to deadline."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.formats import date_format

MOST_TICKS = 8
ROOM_FOR_TEXT = 84  # percent; the text of a later tick would run off the line
STEPS = [1, 2, 3, 6, 12, 24, 60]  # months


@dataclass(frozen=True)
class Bar:
    """One call; places are percentages of the line's width, None for what is not known."""

    call: object
    start: float
    length: float
    opens: float | None
    cutoffs: list[float]
    deadline: float | None


class Timeline:
    """The line fits the calls and today, with a little room on both sides."""

    def __init__(self, calls):
        self.calls, self.now = calls, timezone.now()
        dates = [at for call in calls for at in (call.opens_at, call.deadline, *self.cutoffs(call)) if at]
        room = max((max([*dates, self.now]) - min([*dates, self.now])) * 0.04, timedelta(days=7))
        self.first, self.last = min([*dates, self.now]) - room, max([*dates, self.now]) + room

    @staticmethod
    def cutoffs(call):
        return [cutoff.at for cutoff in call.cutoffs.all()]

    def place(self, at):
        """The percentage at which an aware datetime stands."""
        return round((at - self.first) / (self.last - self.first) * 100, 2)

    @cached_property
    def today(self):
        return self.place(self.now)

    @cached_property
    def bars(self):
        return [self.bar(call) for call in self.calls]

    def bar(self, call):
        """A call whose opening is unknown starts at its first known date; one without an end runs off the line."""
        cutoffs = [self.place(at) for at in self.cutoffs(call)]
        deadline = self.place(call.deadline) if call.deadline else None
        opens = self.place(call.opens_at) if call.opens_at else None
        end = deadline if deadline is not None else 100 if call.deadline_model == "rolling" else opens or self.today
        start = opens if opens is not None else min([*cutoffs, end if deadline is not None else self.today])
        return Bar(call, start, round(max(end - start, 0), 2), opens, cutoffs, deadline)

    @cached_property
    def ticks(self):
        """(place, text) of the beginnings of months or years, at most eight."""
        start = timezone.localtime(self.first).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        months = (self.last - self.first).days / 30.4
        step = next((step for step in STEPS if months / step <= MOST_TICKS), 120)
        if step >= 12:
            start = start.replace(month=1)
        ticks = (months_later(start, step * number) for number in range(1, 4 * MOST_TICKS))
        shown = "Y" if step >= 12 else "M Y"
        return [
            (self.place(at), date_format(at, shown))
            for at in ticks
            if self.first < at and self.place(at) < ROOM_FOR_TEXT
        ]


def months_later(start, number):
    """The first of a month, so many months after the first of another."""
    years, month = divmod(start.month - 1 + number, 12)
    return start.replace(year=start.year + years, month=month + 1)
