"""The edits of half an hour become one change, also when two editors are at it at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection, connections, transaction

from calls.changes import record, recorded, snapshot
from calls.models import Call, Change
from calls.news import MARGIN
from tests.editing import START, A, B, C, changes, move, moved
from tests.factories import CallFactory, brussels

pytestmark = pytest.mark.django_db
real_transactions = pytest.mark.django_db(transaction=True)
PATIENCE = 20  # seconds


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def call(clock):
    return CallFactory(deadline=A, published_at=brussels(2027, 1, 1))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, [(moved(A, C), False, 0)]),
        (29 * 60 + 59, [(moved(A, C), False, 29 + 59 / 60)]),
        (30 * 60, [(moved(A, B), False, 0), (moved(B, C), False, 0)]),
        (30 * 60 + 1, [(moved(A, B), False, 0), (moved(B, C), False, 0)]),
    ],
)
def test_edits_within_half_an_hour_are_one_change(call, clock, seconds, expected):
    """A little before it may be told: what may be told now is not added to."""
    move(call, B)
    clock.shift(timedelta(seconds=seconds))
    assert Change.objects.settled(START + timedelta(seconds=seconds) + MARGIN).exists() == (len(expected) == 2)
    move(call, C)
    assert changes() == expected


def test_the_half_hour_begins_again_with_each_edit(call, clock):
    for deadline in (B, C, B):
        move(call, deadline)
        clock.shift(timedelta(minutes=29))
    assert changes() == [(moved(A, B), False, 58)]


def test_an_edit_of_something_else_does_not_begin_the_half_hour_again(call, clock):
    move(call, B)
    clock.shift(timedelta(minutes=20))
    with recorded(call):
        Call.objects.update(title="Anders")
    assert changes() == [(moved(A, B), False, 0)]


def test_facts_are_joined_each_with_its_first_and_last_lines(call, clock):
    line = call.budgets.create(order=1, amount=Decimal(1000))
    move(call, B)
    for amount in (2000, 3000):
        with recorded(call):
            line.amount = amount
            line.save()
    assert changes() == [(moved(A, B) | {"budgets": [["€\xa01.000"], ["€\xa03.000"]]}, False, 0)]


def test_a_fact_that_is_back_drops_out(call):
    move(call, B)
    with recorded(call):
        call.budgets.create(order=1, amount=Decimal(1000))
    move(call, A)
    assert changes() == [({"budgets": [[], ["€\xa01.000"]]}, False, 0)]


def test_a_change_of_which_nothing_is_left_is_deleted(call, clock):
    move(call, B)
    clock.shift(timedelta(minutes=5))
    before = snapshot(call)
    Call.objects.update(deadline=A)
    undone, _again = record(call, before)
    assert (undone.facts, undone.pk, changes()) == ({}, None, [])
    move(call, C)
    assert changes() == [(moved(A, C), False, 0)]


def test_what_was_told_is_not_added_to(call):
    move(call, B)
    Change.objects.update(told_at=START)
    move(call, A)
    assert [facts for facts, *_ in changes()] == [moved(A, B), moved(B, A)]


def test_changes_of_another_call_are_left_alone(call):
    other = CallFactory(deadline=A, published_at=brussels(2027, 1, 1))
    move(call, B)
    move(other, C)
    assert [facts for facts, *_ in changes()] == [moved(A, B), moved(A, C)]


@pytest.mark.parametrize(
    ("first", "second", "minor"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_a_change_is_minor_when_all_its_edits_are(call, first, second, minor):
    move(call, B, minor=first)
    move(call, C, minor=second)
    assert changes() == [(moved(A, C), minor, 0)]
    assert Change.objects.untold().exists() is not minor


# Two at once ---------------------------------------------------------------------------------------------------------


def until_it_waits(pool, action):
    """Starts the action beside this transaction, and returns when it asks for the call's row."""

    def run():
        try:
            return action()
        finally:
            connections.close_all()

    running = pool.submit(run)
    with pytest.raises(TimeoutError):
        running.result(0.5)
    return running


@real_transactions
@pytest.mark.parametrize(
    ("theirs", "expected"), [(C, [moved(A, C)]), (A, [])], ids=["another date", "the date that was"]
)
def test_of_two_editors_at_once_the_second_compares_with_what_the_first_left(theirs, expected):
    """Without the lock the second would see the date from before the first, and its change would be no change."""
    call = CallFactory(deadline=A, published_at=brussels(2021, 1, 1))
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            move(call, B)
            second = until_it_waits(pool, lambda: move(call, theirs))
        second.result(PATIENCE)
    assert [facts for facts, *_ in changes()] == expected
    assert Call.objects.get().deadline == theirs


@real_transactions
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_a_follower_does_not_wait_for_an_editor():
    """A row that points to the call is written while the call is edited."""
    call = CallFactory(deadline=A)

    def follow():
        Change.objects.create(call=call, facts={})
        connection.close()

    with ThreadPoolExecutor() as pool, transaction.atomic(), recorded(call):
        pool.submit(follow).result(PATIENCE)
