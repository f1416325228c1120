"""The status of a call has one definition; here SQL, property and badge are held against each other at every edge."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError
from django.utils import timezone

from calls.models import Call
from calls.status import DeadlineModel, Status
from tests.factories import CallFactory, brussels

SECOND = timedelta(seconds=1)
DEADLINE = brussels(2021, 2, 16, 17)
OPENS = brussels(2020, 10, 15)


def seen_by_every_definition(call):
    """The status as the property, the annotation, the QuerySet methods and the badge on the page say it."""
    sets = [status for status in Status if Call.objects.with_status(status).filter(pk=call.pk).exists()]
    named = {
        Status.UPCOMING: Call.objects.upcoming(),
        Status.OPEN: Call.objects.open(),
        Status.CLOSED: Call.objects.closed(),
    }
    by_name = [status for status, calls in named.items() if calls.filter(pk=call.pk).exists()]
    current = Call.objects.current().filter(pk=call.pk).exists()
    assert len(sets) == 1
    assert by_name in (sets, [] if sets == [Status.UNKNOWN] else sets)
    assert current == (sets != [Status.CLOSED])
    return {sets[0], call.status, Status(Call.objects.annotate_status().get(pk=call.pk).status_now)}


def badge(client, call):
    page = client.get(call.get_absolute_url()).content.decode()
    return [status for status in Status if f'<span class="badge {status}">{status.label}</span>' in page]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "status"),
    [
        (OPENS - SECOND, Status.UPCOMING),
        (OPENS, Status.OPEN),
        (OPENS + SECOND, Status.OPEN),
        (DEADLINE - SECOND, Status.OPEN),
        (DEADLINE, Status.CLOSED),
        (DEADLINE + SECOND, Status.CLOSED),
    ],
)
def test_one_second_before_and_after_opening_and_deadline(client, at, status):
    call = CallFactory(opens_at=OPENS, deadline=DEADLINE, published_at=OPENS - timedelta(days=9))
    with time_machine.travel(at, tick=False):
        assert seen_by_every_definition(call) == {status}
        assert badge(client, call) == [status]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("deadline", "at", "status"),
    [
        # The last second of a day, and the first of the next.
        (brussels(2019, 9, 2, 23, 59, 59), brussels(2019, 9, 2, 23, 59, 58), Status.OPEN),
        (brussels(2019, 9, 2, 23, 59, 59), brussels(2019, 9, 2, 23, 59, 59), Status.CLOSED),
        (brussels(2019, 9, 3), brussels(2019, 9, 2, 23, 59, 59), Status.OPEN),
        (brussels(2019, 9, 3), brussels(2019, 9, 3), Status.CLOSED),
        # 29 March 2026: 02.00 becomes 03.00, so the second after 01.59.59 is 03.00.00.
        (brussels(2026, 3, 29, 3), brussels(2026, 3, 29, 1, 59, 59), Status.OPEN),
        (brussels(2026, 3, 29, 3), brussels(2026, 3, 29, 1, 59, 59) + SECOND, Status.CLOSED),
        (brussels(2026, 3, 29, 3), brussels(2026, 3, 29, 3), Status.CLOSED),
        # 25 October 2026: 03.00 becomes 02.00, so 02.30 comes twice; fold=1 is the second.
        (brussels(2026, 10, 25, 2, 30).replace(fold=1), brussels(2026, 10, 25, 2, 30), Status.OPEN),
        (brussels(2026, 10, 25, 2, 30).replace(fold=1), brussels(2026, 10, 25, 2, 30).replace(fold=1), Status.CLOSED),
        (brussels(2026, 10, 25, 2, 30), brussels(2026, 10, 25, 2, 30), Status.CLOSED),
    ],
)
def test_midnight_and_both_clock_changes(client, deadline, at, status):
    call = CallFactory(deadline=deadline, published_at=deadline - timedelta(days=30))
    instant = at.astimezone(timezone.get_fixed_timezone(0))
    with time_machine.travel(instant, tick=False):
        assert seen_by_every_definition(call) == {status}
        assert badge(client, call) == [status]


@pytest.mark.django_db
@pytest.mark.parametrize("opens_at", [None, -1, 1])
@pytest.mark.parametrize("deadline", [None, -1, 1])
@pytest.mark.parametrize("model", DeadlineModel)
def test_every_combination_has_exactly_one_status(client, opens_at, deadline, model):
    now = timezone.now()
    opens_at = opens_at and now + timedelta(days=opens_at, hours=-1)
    deadline = deadline and now + timedelta(days=deadline)
    needs_deadline = model not in (DeadlineModel.ROLLING, DeadlineModel.UNKNOWN)
    if needs_deadline != bool(deadline) or (opens_at and deadline and opens_at >= deadline):
        with pytest.raises(IntegrityError):
            CallFactory(opens_at=opens_at, deadline=deadline, deadline_model=model)
        return
    call = CallFactory(opens_at=opens_at, deadline=deadline, deadline_model=model)
    assert len(seen_by_every_definition(call)) == 1
    assert badge(client, call) == [call.status]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"deadline": None, "deadline_model": DeadlineModel.ROLLING}, Status.OPEN),
        ({"deadline": None, "deadline_model": DeadlineModel.UNKNOWN}, Status.UNKNOWN),
        ({"deadline": None, "deadline_model": DeadlineModel.UNKNOWN, "opens_at": DEADLINE}, Status.UPCOMING),
        ({"deadline": None, "deadline_model": DeadlineModel.ROLLING, "opens_at": DEADLINE}, Status.UPCOMING),
    ],
)
def test_calls_without_a_deadline(client, fields, status):
    call = CallFactory(published_at=OPENS, **fields)
    with time_machine.travel(DEADLINE - SECOND, tick=False):
        assert seen_by_every_definition(call) == {status}


@pytest.mark.django_db
def test_a_cut_off_that_has_passed_does_not_close_the_call():
    call = CallFactory(deadline=DEADLINE, deadline_model=DeadlineModel.MULTIPLE_CUTOFF)
    call.cutoffs.create(at=OPENS)
    with time_machine.travel(DEADLINE - SECOND, tick=False):
        assert seen_by_every_definition(call) == {Status.OPEN}
        assert call.next_date == DEADLINE
    with time_machine.travel(OPENS - SECOND, tick=False):
        assert call.next_date == OPENS
    with time_machine.travel(DEADLINE, tick=False):
        assert call.next_date is None
