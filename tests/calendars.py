"""Reading calendars back in tests, as the program of a reader does."""

import time_machine
from icalendar import Calendar

from tests.factories import CallFactory, brussels

LIST = "/oproepen/kalender.ics"


def in_march():
    """For a fixture: the clock stands still in March 2026."""
    with time_machine.travel(brussels(2026, 3, 1, 12), tick=False):
        yield


def june_call(**fields):
    """An open call with a deadline that is easy to read."""
    return CallFactory(**{"title": "Oproep", "deadline": brussels(2026, 6, 16, 17)} | fields)


def calendar(client, path=LIST):
    """The calendar at this address, which must be a sound one."""
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    lines = response.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    found = Calendar.from_ical(response.content)
    found.validate()
    assert (found.errors, [event.errors for event in found.events]) == ([], [[] for _ in found.events])
    return found


def events(client, path=LIST):
    """(summary, start) of each event."""
    return [(str(event["SUMMARY"]), event.start) for event in calendar(client, path).events]
