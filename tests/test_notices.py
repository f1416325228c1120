"""What followers are told of new calls: each once, with the reasons, when it is due, whatever happens meanwhile."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CallChoice, Message, Notice, SavedSearch, User
from accounts.notices import last_morning, preview, send_notices
from calls.announcing import announce
from calls.models import Call
from tests.factories import CallFactory, ThemeFactory, brussels
from tests.killed import Killed, killed_at
from tests.notices import MONDAY, SUNDAY, changed, choose, following, new_call, run, subjects, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    cache.clear()
    with time_machine.travel(SUNDAY, tick=False) as clock:
        yield clock


# New calls -----------------------------------------------------------------------------------------------------------


def test_a_daily_digest_names_each_new_call_once_with_every_reason(clock, migration):
    cities = ThemeFactory(name="Steden")
    below = ThemeFactory(name="Asiel", parent=migration)
    user = following(migration, cities, below, digest=User.Digest.DAILY)
    SavedSearch.objects.create(user=user, name="Opvang", state="q=opvang")
    call = new_call(migration, cities, below, title="Opvang in de stad")
    other = new_call(ThemeFactory(name="Vis"), title="Vis")
    choose(user, other)
    reasons = ["thema Asiel", "thema Migratie", "thema Steden", "zoekopdracht “Opvang”"]
    assert [(entry.call, sorted(entry.reasons)) for entry in preview_after_announcing(user)] == [
        (call, reasons),
        (other, ["een oproep die u bewaarde"]),
    ]
    assert run(clock, MONDAY) == {"new": 1}
    assert (told(user), subjects(user)) == (
        [("new", "Opvang in de stad"), ("new", "Vis")],
        ["2 nieuwe oproepen voor u"],
    )
    assert run(clock, MONDAY + timedelta(days=1)) == {}
    assert preview(user) == []


def preview_after_announcing(user):
    announce()
    return preview(user)


def test_a_search_whose_filter_is_gone_does_not_find_everything(clock, migration):
    user = following(digest="daily")
    SavedSearch.objects.create(user=user, name="Weg", state="thema=bestaat-niet-meer&status=open")
    SavedSearch.objects.create(user=user, name="Leeg", state="")
    new_call(migration)
    assert run(clock, MONDAY) == {}


def test_who_has_nothing_to_read_gets_no_mail(clock, follower):
    new_call(ThemeFactory(name="Vis"))
    assert run(clock, MONDAY) == {}
    assert Message.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"is_active": False}, "left"),
        ({"bounced_at": SUNDAY}, "address refuses"),
        ({"digest": "off"}, "wants none"),
        ({}, "not confirmed"),
    ],
)
def test_who_gets_no_digest(clock, follower, migration, change, why):
    User.objects.filter(pk=follower.pk).update(**change)
    if why == "not confirmed":
        follower.emailaddress_set.update(verified=False)
    new_call(migration)
    assert run(clock, MONDAY) == {}


def test_drafts_closed_withdrawn_and_irrelevant_calls_are_no_news(clock, follower, migration):
    CallFactory(themes=[migration], published_at=None)
    CallFactory(themes=[migration], published_at=brussels(2027, 3, 9, 9), title="Gepland")
    new_call(migration, deadline=brussels(2027, 3, 7, 23))
    new_call(migration, withdrawn_at=brussels(2027, 3, 8, 6))
    choose(follower, new_call(migration), CallChoice.Kind.IRRELEVANT)
    assert run(clock, MONDAY) == {}
    assert run(clock, brussels(2027, 3, 10, 7)) == {"new": 1}
    assert told(follower) == [("new", "Gepland")]


def test_a_call_that_was_published_with_a_date_in_the_past_is_news_all_the_same(clock, follower, migration):
    run(clock, MONDAY)
    CallFactory(themes=[migration], published_at=brussels(2027, 1, 1), deadline=brussels(2027, 6, 1), title="Laat")
    assert run(clock, MONDAY + timedelta(days=1)) == {"new": 1}


def test_who_comes_later_is_not_told_what_stood_there(clock, migration):
    new_call(migration)
    run(clock, MONDAY)
    user = following(migration, digest=User.Digest.DAILY)
    assert run(clock, MONDAY + timedelta(days=2)) == {}
    new_call(migration, title="Nieuw")
    assert run(clock, MONDAY + timedelta(days=3)) == {"new": 1}
    assert told(user) == [("new", "Nieuw")]


def test_a_call_that_opens_is_news_to_searches_for_open_calls_alone(clock, migration, follower):
    user = following(digest="daily")
    SavedSearch.objects.create(user=user, name="Open", state="status=open")
    new_call(migration, title="Later", opens_at=MONDAY + timedelta(days=3))
    assert run(clock, MONDAY) == {"new": 1}
    assert run(clock, MONDAY + timedelta(days=4)) == {"new": 1}
    assert run(clock, MONDAY + timedelta(days=5)) == {}
    assert [told(somebody) for somebody in (follower, user)] == [[("new", "Later")]] * 2


def test_who_switches_the_digest_on_again_reads_the_last_month_of_it(clock, migration):
    user = following(migration, digest=User.Digest.OFF)
    for days, title in ((0, "Lang geleden"), (60, "Onlangs")):
        clock.move_to(SUNDAY + timedelta(days=days))
        new_call(migration, title=title, deadline=brussels(2027, 12, 1))
        send_notices()
    User.objects.update(digest=User.Digest.DAILY)
    assert run(clock, MONDAY + timedelta(days=61)) == {"new": 1}
    assert told(user) == [("new", "Onlangs")]


def test_what_was_announced_again_reaches_only_who_was_not_told(clock, follower, migration):
    cities = ThemeFactory(name="Steden")
    citizen = following(cities, digest=User.Digest.DAILY)
    call = new_call(migration)
    assert run(clock, MONDAY) == {"new": 1}
    call.themes.add(cities)
    Call.objects.update(announcement=None)
    assert run(clock, MONDAY + timedelta(days=1)) == {"new": 1}
    assert [told(user) for user in (follower, citizen)] == [[("new", call.title)]] * 2


@pytest.mark.parametrize(
    ("now", "daily", "weekly"),
    [
        (brussels(2027, 3, 8, 6, 59), (2027, 3, 7), (2027, 3, 1)),
        (brussels(2027, 3, 8, 7), (2027, 3, 8), (2027, 3, 8)),
        (brussels(2027, 3, 14, 23, 59), (2027, 3, 14), (2027, 3, 8)),
        # The clock goes forward on 28 March and back on 31 October.
        (brussels(2027, 3, 28, 6, 59), (2027, 3, 27), (2027, 3, 22)),
        (brussels(2027, 3, 28, 7), (2027, 3, 28), (2027, 3, 22)),
        (brussels(2027, 10, 31, 6, 59), (2027, 10, 30), (2027, 10, 25)),
        (brussels(2027, 10, 31, 7), (2027, 10, 31), (2027, 10, 25)),
        (brussels(2027, 11, 1, 7), (2027, 11, 1), (2027, 11, 1)),
    ],
)
def test_mornings(now, daily, weekly):
    found = [last_morning(now, digest) for digest in ("daily", "weekly")]
    assert [(day.year, day.month, day.day) for day in found] == [daily, weekly]


@pytest.mark.parametrize("sunday", [brussels(2027, 3, 28), brussels(2027, 10, 31)])
def test_one_digest_a_day_around_a_clock_change(clock, follower, migration, sunday):
    """A call is published every hour of three days and a run follows each: three digests, every call once."""
    start = sunday - timedelta(days=1)
    clock.move_to(start)
    User.objects.update(digest_on=start.date() - timedelta(days=1))
    for hour in range(72):
        clock.move_to(start.timestamp() + hour * 3600)
        new_call(migration, title=f"{hour}", deadline=sunday + timedelta(days=90))
        send_notices()
    titles = [title for _kind, title in told(follower)]
    assert (follower.messages.count(), len(titles)) == (3, len(set(titles)))
    local = [message.created_at.astimezone(start.tzinfo) for message in follower.messages.order_by("pk")]
    assert [(at.day, at.hour) for at in local] == [((start + timedelta(days=day)).day, 7) for day in range(3)]


def test_a_weekly_digest_goes_out_on_monday_and_after_a_missed_monday_on_the_next_run(clock, migration):
    user = following(migration)
    new_call(migration, title="Een")
    assert run(clock, MONDAY - timedelta(minutes=1)) == {}
    assert run(clock, MONDAY) == {"new": 1}
    clock.move_to(MONDAY + timedelta(days=2))
    new_call(migration, title="Twee")
    assert run(clock, MONDAY + timedelta(days=6, hours=23)) == {}
    assert run(clock, MONDAY + timedelta(days=9)) == {"new": 1}
    assert run(clock, MONDAY + timedelta(days=10)) == {}
    assert told(user) == [("new", "Een"), ("new", "Twee")]


# Whatever happens ----------------------------------------------------------------------------------------------------


def everything_due(migration):
    """Three users to whom each kind of notice is due on Monday."""
    users = [following(migration, digest=User.Digest.DAILY, reminder_days=[7]) for _ in range(3)]
    old = CallFactory(title="Oud", family="amif", deadline=brussels(2026, 3, 1), themes=[migration])
    soon = new_call(migration, title="Bijna", deadline=brussels(2027, 3, 15, 17))
    new_call(migration, title="Nieuw", family="amif")
    for user in users:
        choose(user, old, CallChoice.Kind.NEXT_EDITION)
    changed(soon)
    return users


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_killed_at_any_query_loses_and_doubles_nothing(clock, migration):
    users = everything_due(migration)
    clock.move_to(MONDAY)
    at, finished = 0, False
    while not finished:
        at += 1
        try:
            with killed_at(at):
                send_notices()
            finished = True
        except Killed:
            assert Notice.objects.filter(message=None).count() == 0
    assert at > 30
    for user in users:
        assert sorted(told(user)) == [("change", "Bijna"), ("new", "Bijna"), ("next", "Nieuw"), ("reminder", "Bijna")]
        assert user.messages.count() == 4
    assert send_notices().total() == 0


def test_the_number_of_queries_does_not_grow_with_the_followers(clock, migration):
    everything_due(migration)
    clock.move_to(MONDAY)
    send_notices()
    numbers = []
    for day in (1, 2):
        for _ in range(day * 5):
            following(migration, digest=User.Digest.DAILY, reminder_days=[7])
        clock.move_to(MONDAY + timedelta(days=day - 1, hours=23))
        new_call(migration, deadline=MONDAY + timedelta(days=40))
        clock.move_to(MONDAY + timedelta(days=day))
        with CaptureQueriesContext(connection) as queries:
            assert send_notices()["new"] > 0
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_tests_send_nothing_themselves():
    assert mail.outbox == []
