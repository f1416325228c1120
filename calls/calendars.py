"""Calendars (RFC 5545) of the deadlines and cut-offs of calls."""

from datetime import UTC, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event, Timezone
from icalendar.enums import STATUS, TRANSP

from calls.plain import one_line, printable
from calls.status import Publication

# Part of every UID, so it stays the same wherever the site is served from.
DOMAIN = "oproepen.vleva.eu"
REFRESH = timedelta(hours=12)
ALARMS = [timedelta(days=7), timedelta(days=1)]

# The Belgian clock by its name with its rules beside it is what Google, Apple and Outlook write themselves, and what
# all of them read. The library would spell out every change of the clock instead, which Outlook does not read. A
# calendar without events holds these rules too, because it must hold something to be valid.
BRUSSELS = """\
BEGIN:VTIMEZONE
TZID:Europe/Brussels
BEGIN:DAYLIGHT
DTSTART:19960331T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""


def calendar_of(calls, *, key, name, description, url, absolute):
    """The calendar, as bytes, of calls fetched with `for_calendar`. `absolute` makes an address whole; calendars with
    the same key are one calendar to the programs that read them."""
    calendar = Calendar.new(
        prodid="-//VLEVA//EU-oproepen//NL",
        method="PUBLISH",
        uid=uuid5(NAMESPACE_URL, f"https://{DOMAIN}/{key}"),
        name=one_line(name),
        description=one_line(description),
        url=url,
        refresh_interval=REFRESH,
        subcomponents=[Timezone.from_ical(BRUSSELS), *(event for call in calls for event in events(call, absolute))],
    )
    # Two ways in which programs learn how often to look, and the zone that Google shows the calendar in.
    calendar["REFRESH-INTERVAL"].params["VALUE"] = "DURATION"
    calendar.add("X-PUBLISHED-TTL", calendar["REFRESH-INTERVAL"].to_ical().decode())
    calendar.add("X-WR-TIMEZONE", "Europe/Brussels")
    return calendar.to_ical()


def events(call, absolute):
    """One event for each cut-off and one for the deadline; a call without a date has none."""
    for cutoff in call.cutoffs.all():
        summary = f"{cutoff.label or _('Cut-off')}: {call.title}"
        yield event_of(call, absolute, f"cutoff-{cutoff.pk}", cutoff.at, cutoff.sequence + call.sequence, summary)
    if call.deadline:
        summary = f"{_('Deadline')}: {call.title}"
        yield event_of(call, absolute, f"call-{call.pk}-deadline", call.deadline, call.sequence, summary)


def event_of(call, absolute, uid, at, sequence, summary):
    """A moment without an end: it takes no time in the reader's day."""
    url = absolute(call.get_absolute_url())
    withdrawn = call.publication == Publication.WITHDRAWN
    changed_at = max(call.updated_at, call.withdrawn_at) if withdrawn else call.updated_at
    return Event.new(
        uid=f"{uid}@{DOMAIN}",
        sequence=sequence,
        start=on_the_clock(at),
        stamp=changed_at,
        last_modified=changed_at,
        status=STATUS.CANCELLED if withdrawn else STATUS.CONFIRMED,
        summary=one_line(summary),
        description=printable(description_of(call, at, url)),
        categories=[one_line(theme.name) for theme in call.themes.all()],
        url=url,
        transparency=TRANSP.TRANSPARENT,
        subcomponents=[] if withdrawn else [alarm(before, summary) for before in ALARMS],
    )


def on_the_clock(at):
    """The moment on the Belgian clock; in UTC where that clock shows the same hour for the second time."""
    local = localtime(at)
    return at.astimezone(UTC) if local.fold else local


def description_of(call, at, url):
    """What a program shows below the title. The hour stands in it too: programs show events in their own zone."""
    local = localtime(at)
    moment = _("%(date)s at %(time)s") % {"date": date_format(local, "l j F Y"), "time": date_format(local, "H.i")}
    lines = [f"{moment} ({_('Belgian time')})"]
    lines += [f"{_('Code')}: {call.code}"] if call.code else []
    lines += [f"{_('Fund')}: {call.fund}"] if call.fund else []
    return "\n".join([*lines, url])


def alarm(before, text):
    found = Alarm.new(description=one_line(text))
    found.add("ACTION", "DISPLAY")
    found.add("TRIGGER", -before)
    return found
