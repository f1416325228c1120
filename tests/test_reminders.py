"""What followers are told of calls they know: reminders, changes, the next edition."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache

from accounts.due import days_before
from accounts.models import CallChoice, User
from calls.models import Call, Cutoff
from calls.status import DeadlineModel
from tests.factories import CallFactory, UserFactory, brussels
from tests.notices import MONDAY, SUNDAY, changed, choose, following, new_call, run, subjects, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    cache.clear()
    with time_machine.travel(SUNDAY, tick=False) as clock:
        yield clock


# Reminders -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "days"),
    {31: None, 30: 30, 27: 30, 26: None, 14: 14, 11: 14, 10: None, 7: 7, 4: 7, 3: None, 2: None, 1: 1, 0: 1}.items(),
)
def test_which_reminder_belongs_to_a_day(left, days):
    date = SUNDAY + timedelta(days=left, hours=5)
    assert days_before(date, SUNDAY, SUNDAY - timedelta(days=99)) == days
    # Of a date that is known since this morning nobody missed anything.
    seven = SUNDAY.replace(hour=7)
    assert days_before(date, SUNDAY, seven - timedelta(seconds=1)) == (days if days == left else None)
    assert days_before(date, SUNDAY, seven) is None


def test_a_date_that_an_editor_has_just_changed_waits_for_the_quiet_period(clock, migration):
    user = following(migration, digest="off", reminder_days=[7])
    call = new_call(migration)
    clock.move_to(MONDAY)
    call.deadline = brussels(2027, 3, 15, 17)
    call.save()
    changed(call)
    assert run(clock, MONDAY + timedelta(minutes=30)) == {}
    # The change says how near the date is now: no reminder of it on the same day.
    assert run(clock, MONDAY + timedelta(minutes=31)) == {"change": 1}
    assert run(clock, MONDAY + timedelta(days=6)) == {}
    assert user.notices.count() == 1


def test_a_call_that_appears_on_the_day_of_a_reminder_is_told_of_as_new_alone(clock, migration):
    following(migration, digest="daily", reminder_days=[7])
    clock.move_to(MONDAY + timedelta(hours=2))
    new_call(migration, deadline=brussels(2027, 3, 15, 17))
    assert run(clock, MONDAY + timedelta(hours=3)) == {"new": 1}
    assert run(clock, MONDAY + timedelta(days=1)) == {}


def test_reminders_come_in_the_morning_on_the_days_chosen_once_each(clock, migration):
    user = following(migration, digest="off", reminder_days=[30, 7, 1])
    call = new_call(migration, deadline=brussels(2027, 5, 1, 17), title="Loopt af")
    days = []
    for number in range(60):
        for hour in (6, 7, 12):
            at = SUNDAY.replace(hour=hour) + timedelta(days=number)
            if run(clock, at):
                days.append((call.deadline.date() - at.date()).days)
                assert hour == 7
    assert days == [30, 7, 1]
    assert subjects(user) == ["Nog 30 dagen: Loopt af", "Nog 7 dagen: Loopt af", "Nog 1 dag: Loopt af"]


def test_a_missed_day_is_made_good_and_a_moved_deadline_moves_its_reminders(clock, migration):
    user = following(migration, digest="off", reminder_days=[14])
    call = new_call(migration, deadline=brussels(2027, 4, 1, 17))
    assert run(clock, brussels(2027, 3, 20, 9)) == {"reminder": 1}
    call.deadline = brussels(2027, 5, 1, 17)
    call.save()
    assert run(clock, brussels(2027, 3, 21, 9)) == {}
    assert run(clock, brussels(2027, 4, 17, 7)) == {"reminder": 1}
    call.deadline = brussels(2027, 5, 1, 12)
    call.save()
    assert run(clock, brussels(2027, 4, 17, 9)) == {}
    assert user.notices.count() == 2


def test_each_cutoff_has_its_reminders(clock, migration):
    user = following(migration, digest="off", reminder_days=[7])
    call = new_call(migration, deadline=brussels(2027, 5, 1, 17), deadline_model=DeadlineModel.TWO_STAGE)
    Cutoff.objects.create(call=call, label="fase 1", at=brussels(2027, 4, 1, 17))
    sent = [day for day in range(60) if run(clock, SUNDAY.replace(hour=8) + timedelta(days=day))]
    assert [(SUNDAY.date() + timedelta(days=day)).isoformat() for day in sent] == ["2027-03-25", "2027-04-24"]
    assert user.notices.count() == 2


@pytest.mark.parametrize(
    ("remind_of", "own_days", "saved", "mails"),
    [
        ("all", None, False, 1),
        ("all", [], True, 0),
        ("all", [7], True, 1),
        ("saved", None, False, 0),
        ("saved", None, True, 1),
        ("saved", [30], True, 0),
        ("off", None, True, 0),
    ],
)
def test_reminders_of_everything_of_saved_calls_or_of_none(clock, migration, remind_of, own_days, saved, mails):
    user = following(migration, digest="off", remind_of=remind_of, reminder_days=[7])
    call = new_call(migration, deadline=brussels(2027, 3, 15, 17))
    if saved:
        choose(user, call, reminder_days=own_days)
    assert run(clock, MONDAY).get("reminder", 0) == mails


def test_who_follows_after_the_reminder_went_out_gets_none_late(clock, migration):
    following(migration, digest="off", reminder_days=[7])
    new_call(migration, deadline=brussels(2027, 3, 15, 17))
    assert run(clock, MONDAY) == {"reminder": 1}
    following(migration, digest="off", reminder_days=[7])
    assert run(clock, MONDAY + timedelta(hours=2)) == {}


# Changes -------------------------------------------------------------------------------------------------------------


def test_a_change_is_told_once_after_half_an_hour_of_quiet(clock, follower, migration):
    call = new_call(migration, title="Verlengd")
    run(clock, MONDAY)
    choose(UserFactory(), call)
    following(migration, tells_changes=False)
    change = changed(call)
    assert run(clock, MONDAY + timedelta(minutes=30, seconds=59)) == {}
    assert run(clock, MONDAY + timedelta(minutes=31)) == {"change": 2}
    assert run(clock, MONDAY + timedelta(hours=3)) == {}
    change.refresh_from_db()
    assert change.told_at == MONDAY + timedelta(minutes=31)
    assert told(follower) == [("new", "Verlengd"), ("change", "Verlengd")]
    assert subjects(follower)[-1] == "Gewijzigd (deadline): Verlengd"


def test_two_changes_of_one_run_are_one_mail(clock, follower, migration):
    calls = [new_call(migration, title=title) for title in ("Een", "Twee")]
    run(clock, MONDAY)
    for call in calls:
        changed(call)
    assert run(clock, MONDAY + timedelta(hours=1)) == {"change": 1}
    assert subjects(follower)[-1] == "2 oproepen die u volgt zijn gewijzigd"


def test_what_nobody_is_told(clock, follower, migration):
    draft = CallFactory(themes=[migration], published_at=None)
    muted, minor = new_call(migration), new_call(migration)
    choose(follower, muted, CallChoice.Kind.IRRELEVANT)
    run(clock, MONDAY)
    changed(draft), changed(muted), changed(minor, minor=True)
    assert run(clock, MONDAY + timedelta(hours=1)) == {}


def test_a_withdrawn_call_is_told_to_its_followers(clock, follower, migration):
    call = new_call(migration)
    run(clock, MONDAY)
    call.withdrawn_at = MONDAY
    call.save()
    changed(call, withdrawn=[[], ["8 maart 2027"]])
    assert run(clock, MONDAY + timedelta(hours=1)) == {"change": 1}


# Next editions -------------------------------------------------------------------------------------------------------


def test_who_awaits_the_next_edition_is_told_at_once_and_not_again_in_the_digest(clock, migration):
    user = following(migration, digest=User.Digest.DAILY)
    old = CallFactory(title="Editie 2026", family="amif", deadline=brussels(2026, 3, 1), themes=[migration])
    choose(user, old, CallChoice.Kind.NEXT_EDITION)
    assert run(clock, SUNDAY) == {}
    new_call(migration, title="Editie 2027", family="amif")
    assert run(clock, SUNDAY + timedelta(hours=1)) == {"next": 1}
    assert run(clock, MONDAY) == {}
    assert (told(user), subjects(user)) == ([("next", "Editie 2027")], ["De volgende oproep is er: Editie 2027"])
    Call.objects.filter(title="Editie 2027").update(deadline=brussels(2027, 3, 8, 8))
    new_call(migration, title="Editie 2028", family="amif")
    assert run(clock, MONDAY + timedelta(days=1)) == {"next": 1}


def test_calls_without_a_family_are_nobodys_next_edition(clock, user):
    choose(user, CallFactory(deadline=brussels(2026, 3, 1)), CallChoice.Kind.NEXT_EDITION)
    new_call()
    assert run(clock, MONDAY) == {}
