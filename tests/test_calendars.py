"""The .ics of a call and of any list: read back by icalendar, as the program of a reader does."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from calls import take_along
from calls.models import Stamp
from calls.status import DeadlineModel
from tests.calendars import LIST, calendar, events, in_march, june_call
from tests.factories import EditorFactory, ThemeFactory, brussels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]
march = pytest.fixture(in_march)


# One call ------------------------------------------------------------------------------------------------------------


def test_an_event_says_what_when_and_where(client):
    themes = [ThemeFactory(name="Migratie, asiel; inburgering")]
    call = june_call(title="Integratie", code="AMIF-2026", fund__abbreviation="AMIF", themes=themes)
    [event] = calendar(client, f"/oproepen/{call.slug}/kalender.ics").events
    assert {name: event.decoded(name) for name in event if name != "CATEGORIES"} == {
        "UID": f"call-{call.pk}-deadline@oproepen.vleva.eu",
        "SEQUENCE": 0,
        "DTSTAMP": datetime(2026, 3, 1, 11, tzinfo=UTC),
        "LAST-MODIFIED": datetime(2026, 3, 1, 11, tzinfo=UTC),
        "DTSTART": brussels(2026, 6, 16, 17),
        "STATUS": "CONFIRMED",
        "TRANSP": "TRANSPARENT",
        "SUMMARY": "Deadline: Integratie",
        "DESCRIPTION": (
            "dinsdag 16 juni 2026 om 17.00 uur (Belgische tijd)\n"
            "Code: AMIF-2026\nFonds: AMIF 2021-2027\nhttp://testserver/oproepen/integratie/"
        ),
        "URL": "http://testserver/oproepen/integratie/",
    }
    assert event["CATEGORIES"].cats == ["Migratie, asiel; inburgering"]
    assert event["DTSTART"].params == {"TZID": "Europe/Brussels"}


def test_it_warns_a_week_and_a_day_before(client):
    [event] = calendar(client, f"/oproepen/{june_call(title='Zon').slug}/kalender.ics").events
    assert [(alarm["ACTION"], alarm["DESCRIPTION"], alarm.TRIGGER) for alarm in event.walk("VALARM")] == [
        ("DISPLAY", "Deadline: Zon", timedelta(days=-7)),
        ("DISPLAY", "Deadline: Zon", timedelta(days=-1)),
    ]


def test_the_calendar_of_a_call_says_what_it_is_and_when_to_look_again(client):
    call = june_call(title="Zon\nen zee")
    response = client.get(f"/oproepen/{call.slug}/kalender.ics")
    assert response["Content-Disposition"] == 'inline; filename="zon-en-zee.ics"'
    found = Calendar.from_ical(response.content)
    assert {name: str(found[name]) for name in ("VERSION", "PRODID", "METHOD", "NAME", "X-WR-CALNAME", "URL")} == {
        "VERSION": "2.0",
        "PRODID": "-//VLEVA//EU-oproepen//NL",
        "METHOD": "PUBLISH",
        "NAME": "Zon en zee",
        "X-WR-CALNAME": "Zon en zee",
        "URL": "http://testserver/oproepen/zon-en-zee/",
    }
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT12H\r\n" in response.content
    assert b"\r\nX-PUBLISHED-TTL:PT12H\r\n" in response.content
    assert b"\r\nX-WR-TIMEZONE:Europe/Brussels\r\n" in response.content


def test_each_cutoff_is_an_event(client):
    call = june_call(title="Zon", deadline_model=DeadlineModel.MULTIPLE_CUTOFF)
    call.cutoffs.create(label="fase 1", at=brussels(2026, 2, 1, 12))
    call.cutoffs.create(at=brussels(2026, 4, 1, 12))
    assert events(client, "/oproepen/zon/kalender.ics") == [
        ("fase 1: Zon", brussels(2026, 2, 1, 12)),
        ("Tussentijdse deadline: Zon", brussels(2026, 4, 1, 12)),
        ("Deadline: Zon", brussels(2026, 6, 16, 17)),
    ]


@pytest.mark.parametrize("model", [DeadlineModel.ROLLING, DeadlineModel.UNKNOWN])
def test_a_call_without_a_date_has_a_valid_calendar_without_events(client, model):
    """Not a 404: a program that is told nothing keeps the date it had before the call became rolling."""
    call = june_call(deadline=None, deadline_model=model)
    found = calendar(client, f"/oproepen/{call.slug}/kalender.ics")
    assert [part.name for part in found.subcomponents] == ["VTIMEZONE"]


# Lists ---------------------------------------------------------------------------------------------------------------


def test_a_list_has_the_dates_of_the_calls_it_shows(client):
    zorg = ThemeFactory(name="Zorg")
    june_call(title="Open", themes=[zorg], deadline=brussels(2026, 5, 1, 17))
    june_call(title="Later", opens_at=brussels(2026, 4, 1, 9))
    june_call(title="Gesloten", deadline=brussels(2026, 2, 1, 17))
    june_call(title="Doorlopend", deadline=None, deadline_model=DeadlineModel.ROLLING)
    assert [summary for summary, _ in events(client)] == ["Deadline: Open", "Deadline: Later"]
    assert events(client, f"{LIST}?thema=zorg") == [("Deadline: Open", brussels(2026, 5, 1, 17))]
    assert events(client, f"{LIST}?status=gesloten") == [("Deadline: Gesloten", brussels(2026, 2, 1, 17))]
    assert events(client, f"{LIST}?q=later") == [("Deadline: Later", brussels(2026, 6, 16, 17))]


def test_the_calendar_of_a_list_is_named_for_its_filters(client):
    ThemeFactory(name="Zorg")
    assert str(calendar(client)["X-WR-CALNAME"]) == "EU-subsidieoproepen (VLEVA)"
    found = calendar(client, f"{LIST}?thema=zorg&q=a%01b&sorteer=budget")
    assert str(found["X-WR-CALNAME"]) == "EU-subsidieoproepen (VLEVA) – Zoekterm: “ab” · Thema: Zorg"
    assert str(found["URL"]) == "http://testserver/oproepen/?q=a%01b&thema=zorg"


def test_an_empty_list_is_a_valid_calendar(client):
    assert [part.name for part in calendar(client).subcomponents] == ["VTIMEZONE"]


def test_a_long_list_ends_with_the_next_deadlines_and_says_so(client, monkeypatch):
    monkeypatch.setattr(take_along, "CALENDAR_LENGTH", 2)
    for month in (9, 4, 6):
        june_call(title=str(month), deadline=brussels(2026, month, 1, 17))
    found = calendar(client, f"{LIST}?sorteer=nieuwste")
    assert [str(event["SUMMARY"]) for event in found.events] == ["Deadline: 4", "Deadline: 6"]
    assert str(found["DESCRIPTION"]) == (
        "2 van 3 oproepen, die met de eerstvolgende deadlines; kies meer filters om ze alle te krijgen."
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_queries(client, rows, django_assert_num_queries):
    for n in range(rows):
        call = june_call(title=f"Oproep {n}", themes=[ThemeFactory()], deadline_model=DeadlineModel.MULTIPLE_CUTOFF)
        call.cutoffs.create(at=brussels(2026, 4, 1 + n, 12))
    client.get(LIST)
    with django_assert_num_queries(4):
        assert len(calendar(client).events) == rows * 2
    with django_assert_num_queries(3):
        assert len(calendar(client, "/oproepen/oproep-0/kalender.ics").events) == 2


# Who sees what -------------------------------------------------------------------------------------------------------


def hidden_calls():
    june_call(title="Concept", published_at=None)
    june_call(title="Gepland", published_at=brussels(2026, 4, 1, 9))
    june_call(title="Ingetrokken", withdrawn_at=brussels(2026, 2, 28, 9), published_at=brussels(2026, 2, 1, 9))


def test_what_nobody_may_see_yet_is_in_no_calendar(client):
    hidden_calls()
    assert events(client, f"{LIST}?status=alle") == []
    for slug in ("concept", "gepland", "x"):
        assert client.get(f"/oproepen/{slug}/kalender.ics").status_code == 404


@pytest.mark.parametrize("slug", ["concept", "gepland"])
def test_staff_see_the_calendar_of_a_draft_and_no_cache_keeps_it(client, slug):
    hidden_calls()
    client.force_login(EditorFactory())
    response = client.get(f"/oproepen/{slug}/kalender.ics")
    assert len(Calendar.from_ical(response.content).events) == 1
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Robots-Tag"] == "noindex"
    assert events(client, f"{LIST}?status=alle") == []


def test_a_withdrawn_call_cancels_its_dates_in_its_own_calendar(client):
    hidden_calls()
    [event] = calendar(client, "/oproepen/ingetrokken/kalender.ics").events
    assert (event["STATUS"], event["SUMMARY"], list(event.walk("VALARM"))) == (
        "CANCELLED",
        "Deadline: Ingetrokken",
        [],
    )


# What goes wrong -----------------------------------------------------------------------------------------------------

HOSTILE = [
    "Komma, puntkomma; dubbele: punt \\ en \\n",
    "Regel een\nBEGIN:VEVENT\nSUMMARY:Vals\nEND:VEVENT",
    "Vals\r\nATTENDEE:mailto:x@example.org",
    "Bel\x07 en \x1b[31m en \x7f",
    "Emoji 👩‍🔬 en 🇧🇪",
    "é" * 500,
    ']]></summary>"',
]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_one_text(client, title):
    call = june_call(title=title, slug="vreemd", code="C\r\nX:1", fund__abbreviation="F\nX:1")
    call.cutoffs.create(label="fase\n1", at=brussels(2026, 4, 1, 12))
    clean = " ".join(title.translate(dict.fromkeys([7, 27, 127])).split())
    for path in (LIST, "/oproepen/vreemd/kalender.ics"):
        assert events(client, path) == [
            (f"fase 1: {clean}", brussels(2026, 4, 1, 12)),
            (f"Deadline: {clean}", brussels(2026, 6, 16, 17)),
        ]


def test_a_part_without_meaning_is_refused(client):
    june_call()
    response = client.get(f"{LIST}?thema=bestaat-niet&status=open&status=alle&kleur=rood&utm_source=x")
    assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert response.content.decode() == (
        "Dit deel van het adres begrijpen we niet, daarom krijgt u geen oproepen: "
        "thema=bestaat-niet, status=open, kleur=rood\n"
        "Wat in een adres mag staan: http://testserver/open-data/\n"
    )


@pytest.mark.parametrize("path", [LIST, "/oproepen/oproep/kalender.ics"])
def test_it_can_only_be_read(client, path):
    june_call()
    Stamp.now()
    assert client.head(path).status_code == 200
    assert {getattr(client, name)(path).status_code for name in ("post", "put", "patch", "delete", "options")} == {405}


def test_the_page_of_a_call_offers_its_calendar_while_a_date_is_to_come(client):
    link = '<a href="/oproepen/{}/kalender.ics" type="text/calendar">Zet in agenda (.ics)</a>'
    for slug, deadline, shown in [("open", brussels(2026, 6, 16, 17), 1), ("dicht", brussels(2026, 2, 1, 17), 0)]:
        june_call(slug=slug, deadline=deadline)
        assert client.get(f"/oproepen/{slug}/").content.decode().count(link.format(slug)) == shown
