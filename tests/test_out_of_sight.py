"""Calls that were withdrawn or back in draft for a while: what changed meanwhile is told when they are back."""

from datetime import timedelta

import pytest
import time_machine

from calls.announcing import announce
from calls.changes import record_returns, recorded
from calls.models import Call
from tests.editing import START, A, B, C, changes, moved
from tests.factories import CallFactory, ThemeFactory, brussels

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def call(clock):
    return CallFactory(deadline=A, published_at=brussels(2027, 1, 1))


def edit(call, **fields):
    """An edit of its own, half an hour after the one before."""
    with recorded(call):
        for name, value in fields.items():
            setattr(call, name, value)
        call.save()


GONE = ["maandag 1 maart 2027 om 12.00 uur"]


@pytest.mark.parametrize(
    ("hide", "show", "log"),
    [
        ({"withdrawn_at": START}, {"withdrawn_at": None}, {"withdrawn": [GONE, []]}),
        ({"published_at": None}, {"published_at": START}, {}),
    ],
    ids=["withdrawn", "draft"],
)
def test_what_changed_while_a_call_was_out_of_sight_is_told_when_it_is_back(call, clock, hide, show, log):
    for fields in (hide, {"deadline": B}, {"deadline": C}, show):
        clock.shift(timedelta(hours=1))
        edit(call, **fields)
    assert changes()[-1] == (log | moved(A, C), False, 0)
    assert Call.objects.get().last_seen is None


def test_a_date_changed_by_the_edit_that_brings_a_call_back_is_told(call, clock):
    edit(call, published_at=None)
    edit(call, published_at=START, deadline=B)
    assert changes() == [(moved(A, B), False, 0)]


def test_a_call_that_was_withdrawn_by_the_clock_tells_what_was_seen_before(call, clock):
    edit(call, withdrawn_at=START + timedelta(days=1))
    clock.shift(timedelta(days=2))
    edit(call, deadline=B)
    edit(call, withdrawn_at=None)
    assert changes()[-1][0]["deadline"] == moved(A, B)["deadline"]


def test_a_call_that_comes_back_by_the_clock_tells_what_changed(call, clock):
    edit(call, published_at=None)
    edit(call, deadline=B)
    edit(call, published_at=START + timedelta(hours=1))
    record_returns()
    assert changes() == []
    clock.shift(timedelta(hours=1))
    for _again in range(2):
        record_returns()
    assert changes() == [(moved(A, B), False, 0)]


def test_a_call_that_comes_back_with_another_theme_is_news_again(call):
    announce()
    call.refresh_from_db()
    edit(call, withdrawn_at=START)
    with recorded(call):
        call.themes.add(ThemeFactory())
    assert Call.objects.get().announcement is not None
    edit(call, withdrawn_at=None)
    assert Call.objects.get().announcement is None


def test_a_call_that_comes_back_as_it_was_says_nothing(call):
    for deadline in (B, A):
        edit(call, published_at=None, deadline=deadline)
    edit(call, published_at=START)
    assert changes() == []
