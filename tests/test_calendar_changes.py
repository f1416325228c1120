"""What happens to the events in a subscriber's calendar when a call or the clock changes."""

from datetime import UTC, datetime

import pytest

from calls.models import Call
from calls.status import DeadlineModel
from tests.calendars import LIST, calendar, events, in_march, june_call
from tests.factories import brussels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]
march = pytest.fixture(in_march)


# Changes -------------------------------------------------------------------------------------------------------------


def identities(client, path):
    return {str(event["UID"]): event["SEQUENCE"] for event in calendar(client, path).events}


def test_a_changed_date_keeps_its_identity_and_raises_its_sequence(client):
    call = june_call(deadline_model=DeadlineModel.MULTIPLE_CUTOFF)
    cutoff = call.cutoffs.create(at=brussels(2026, 4, 1, 12))
    path = f"/oproepen/{call.slug}/kalender.ics"
    uids = [f"cutoff-{cutoff.pk}@oproepen.vleva.eu", f"call-{call.pk}-deadline@oproepen.vleva.eu"]
    assert identities(client, path) == dict(zip(uids, (0, 0), strict=True))
    call.title, call.introduction = "Nieuwe titel", "<p>Nieuw</p>"
    call.save()
    assert identities(client, path) == dict(zip(uids, (0, 0), strict=True))
    call.deadline = brussels(2026, 7, 1, 17)
    call.save()
    assert identities(client, path) == dict(zip(uids, (1, 1), strict=True))
    cutoff.at = brussels(2026, 5, 1, 12)
    cutoff.save()
    assert identities(client, path) == dict(zip(uids, (2, 1), strict=True))
    assert events(client, path) == [
        ("Tussentijdse deadline: Nieuwe titel", brussels(2026, 5, 1, 12)),
        ("Deadline: Nieuwe titel", brussels(2026, 7, 1, 17)),
    ]


def test_the_same_calendar_is_the_same_bytes_and_is_sent_once(client):
    june_call()
    first = client.get(LIST)
    again = client.get(LIST, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Call.objects.get().save()
    assert client.get(LIST).content == first.content


def test_a_calendar_keeps_its_own_identity_and_differs_from_others(client):
    call = june_call(fund__abbreviation="AMIF")
    paths = [LIST, f"{LIST}?status=open", f"{LIST}?fonds={call.fund.slug}", f"/oproepen/{call.slug}/kalender.ics"]
    uids = [str(calendar(client, path)["UID"]) for path in paths]
    assert len(set(uids)) == 4
    assert [str(calendar(client, path)["UID"]) for path in paths] == uids
    assert str(calendar(client, f"{LIST}?utm_source=x&status=open&sorteer=budget&weergave=tijdlijn")["UID"]) == uids[1]


# The clock -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (brussels(2026, 3, 29, 1, 59), b"DTSTART;TZID=Europe/Brussels:20260329T015900"),
        (brussels(2026, 3, 29, 3, 0), b"DTSTART;TZID=Europe/Brussels:20260329T030000"),
        (brussels(2026, 10, 25, 2, 30), b"DTSTART;TZID=Europe/Brussels:20261025T023000"),
        (brussels(2026, 10, 25, 2, 30).replace(fold=1), b"DTSTART:20261025T013000Z"),
        (brussels(2026, 10, 25, 3, 0), b"DTSTART;TZID=Europe/Brussels:20261025T030000"),
        (brussels(2099, 12, 31, 23, 59), b"DTSTART;TZID=Europe/Brussels:20991231T235900"),
    ],
)
def test_no_moment_moves_where_the_clock_changes(client, at, written):
    call = june_call(deadline=at)
    path = f"/oproepen/{call.slug}/kalender.ics"
    assert b"\r\n" + written + b"\r\n" in client.get(path).content
    [event] = calendar(client, path).events
    assert event.start.timestamp() == at.timestamp()


def test_the_rules_of_the_clock_in_the_file_are_those_of_belgium(client):
    """A program that knows no Europe/Brussels takes these."""
    june_call()
    [zone] = calendar(client).timezones
    clock = zone.to_tz()
    for year in (2000, 2026, 2027, 2037):
        for month in range(1, 13):
            for day in range(1, 29, 3):
                at = datetime(year, month, day, 12, tzinfo=UTC)
                assert at.astimezone(clock).utcoffset() == at.astimezone(brussels(year, 1, 1).tzinfo).utcoffset()
    for at in (brussels(2026, 3, 29, 1, 59), brussels(2026, 3, 29, 3), brussels(2026, 10, 25, 1, 59)):
        assert at.astimezone(UTC).astimezone(clock).replace(tzinfo=None) == at.replace(tzinfo=None)
