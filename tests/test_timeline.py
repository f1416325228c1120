"""Where the dates of calls stand on their line, and the marks of time above it."""

from datetime import timedelta

import pytest
import time_machine

from calls.status import DeadlineModel
from calls.timeline import MOST_TICKS, Timeline
from tests.factories import CallFactory, brussels

pytestmark = pytest.mark.django_db
NOW = brussels(2027, 6, 1, 12)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def days(number):
    return NOW + timedelta(days=number)


def test_a_call_runs_from_its_opening_over_its_cutoffs_to_its_deadline():
    call = CallFactory(opens_at=days(-40), deadline=days(100))
    call.cutoffs.create(at=days(50))
    timeline = Timeline([call])
    bar = timeline.bars[0]
    # A hundred and forty days between the dates, and seven more on each side.
    assert (bar.opens, bar.start, timeline.today, bar.cutoffs, bar.deadline) == (4.55, 4.55, 30.52, [62.99], 95.45)
    assert bar.length == 90.9


def test_what_is_not_known_is_not_drawn():
    rolling = CallFactory(opens_at=days(-10), deadline=None, deadline_model=DeadlineModel.ROLLING)
    unknown = CallFactory(deadline=None, deadline_model=DeadlineModel.UNKNOWN)
    dated = CallFactory(deadline=days(30))
    bars = Timeline([rolling, unknown, dated]).bars
    assert [(bar.opens is None, bar.deadline is None) for bar in bars] == [(False, True), (True, True), (True, False)]
    assert bars[0].start + bars[0].length == 100
    assert [bar.length for bar in bars[1:]] == [0, 0]


@pytest.mark.parametrize("span", [1, 20, 90, 400, 2000, 9000])
def test_the_marks_of_time_are_few_rising_and_on_the_line(span):
    ticks = Timeline([CallFactory(opens_at=days(-span), deadline=days(1))]).ticks
    places = [place for place, _ in ticks]
    assert places == sorted(places)
    assert len(places) <= MOST_TICKS + 1
    assert all(0 < place < 100 for place in places)
    assert len({text for _, text in ticks}) == len(ticks)


def test_a_list_without_any_date_has_a_line_around_today():
    timeline = Timeline([CallFactory(deadline=None, deadline_model=DeadlineModel.UNKNOWN)])
    assert timeline.today == 50.0
