"""The secret addresses of one's own calendar and feed: making, replacing, removing them, and what stands there."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from icalendar import Calendar

from accounts.models import CallChoice, SavedSearch, User
from calls.models import Call
from tests.factories import CallFactory, ThemeFactory, UserFactory, brussels
from tests.reading import text

pytestmark = pytest.mark.django_db
PAGE = "/mijn/agenda/"
KEY = "k" * 43
ICS, ATOM = f"/agenda/{KEY}/oproepen.ics", f"/agenda/{KEY}/oproepen.atom"
BOTH = [ICS, ATOM]
NAMESPACE = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def first_of_march():
    with time_machine.travel(brussels(2026, 3, 1, 12), tick=False):
        yield


@pytest.fixture
def reader(user):
    """Somebody who has addresses."""
    User.objects.filter(pk=user.pk).update(private_key=KEY)
    user.refresh_from_db()
    return user


def key_of(user):
    return User.objects.values_list("private_key", flat=True).get(pk=user.pk)


def events(client, path=ICS):
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(client.get(path).content).walk("VEVENT")]


def entries(client, path=ATOM):
    feed = ElementTree.fromstring(client.get(path).content)
    return [entry.findtext(f"{NAMESPACE}title") for entry in feed.iter(f"{NAMESPACE}entry")]


def last_message(response):
    return re.findall(r'<li class="message (\w+)">(.*?)</li>', response.content.decode())[-1]


# The page ------------------------------------------------------------------------------------------------------------


def test_without_asking_there_are_no_addresses(member, user):
    page = text(member.get(PAGE))
    assert ("Maak mijn adressen" in page, "/agenda/" in page, key_of(user)) == (True, False, None)


def test_they_are_made_on_request_and_shown_with_how_to_subscribe(member, user):
    response = member.post(PAGE, {"key": "new"})
    key = key_of(user)
    assert (response.status_code, response["Location"]) == (302, PAGE)
    assert re.fullmatch(r"[\w-]{43}", key)
    response = member.get(PAGE)
    html, page = response.content.decode(), text(response)
    assert last_message(response) == ("success", "Hier zijn uw adressen.")
    assert re.findall(r"<code>(.*?)</code>", html) == [
        f"http://testserver/agenda/{key}/oproepen.ics",
        f"http://testserver/agenda/{key}/oproepen.atom",
    ]
    assert f'href="webcal://testserver/agenda/{key}/oproepen.ics"' in html
    assert "Outlook : Agenda › Agenda toevoegen › Abonneren via internet." in page
    assert "Wie deze adressen heeft, ziet welke oproepen u volgt." in page


def test_new_ones_end_the_old_ones_and_none_ends_all(member, client, reader):
    assert [client.get(path).status_code for path in BOTH] == [200, 200]
    member.post(PAGE, {"key": "new"})
    new = key_of(reader)
    assert last_message(member.get(PAGE)) == ("success", "U hebt nieuwe adressen; de oude werken niet meer.")
    assert [client.get(path).status_code for path in BOTH] == [404, 404]
    assert client.get(f"/agenda/{new}/oproepen.ics").status_code == 200
    for _twice in range(2):
        member.post(PAGE, {"key": "none"})
        assert (key_of(reader), client.get(f"/agenda/{new}/oproepen.ics").status_code) == (None, 404)
    assert last_message(member.get(PAGE)) == ("success", "Uw adressen werken niet meer.")


@pytest.mark.parametrize("data", [{}, {"key": "mine"}, {"key": KEY}])
def test_anything_else_changes_nothing_and_says_so(member, reader, data):
    assert member.post(PAGE, data)["Location"] == PAGE
    assert last_message(member.get(PAGE)) == ("warning", "We begrepen niet wat u wilt. Kies nog eens.")
    assert key_of(reader) == KEY


def test_looking_makes_nothing_and_a_visitor_must_log_in(member, client, user):
    member.get(PAGE, {"key": "new"})
    assert (client.get(PAGE)["Location"], client.post(PAGE, {"key": "new"})["Location"]) == (
        f"/account/login/?next={PAGE}",
    ) * 2
    assert (key_of(user), member.put(PAGE).status_code) == (None, 405)
    assert member.get(PAGE)["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


# What stands there ---------------------------------------------------------------------------------------------------


def test_they_hold_what_somebody_follows_in_each_way_and_not_what_they_muted(client, reader):
    zorg = ThemeFactory(name="Zorg")
    reader.themes.add(zorg)
    SavedSearch.objects.create(user=reader, name="Taal", state="q=taal")
    for n, (title, themes) in enumerate(
        [
            ("Over zorg", [zorg]),
            ("Taal op het werk", []),
            ("Bewaard", []),
            ("Ander", []),
            ("Zorg, maar niet voor mij", [zorg]),
        ]
    ):
        CallFactory(
            title=title,
            themes=themes,
            deadline=brussels(2026, 4, n + 1, 17),
            published_at=brussels(2026, 2, n + 1, 9),
        )
    CallChoice.objects.create(user=reader, call=Call.objects.get(title="Bewaard"), kind="saved")
    CallChoice.objects.create(user=reader, call=Call.objects.get(title__contains="niet voor"), kind="irrelevant")
    UserFactory().themes.add(ThemeFactory())
    assert events(client) == ["Deadline: Over zorg", "Deadline: Taal op het werk", "Deadline: Bewaard"]
    assert entries(client) == ["Bewaard", "Taal op het werk", "Over zorg"]


def test_what_nobody_may_see_is_not_there(client, reader):
    zorg = ThemeFactory()
    reader.themes.add(zorg)
    for fields in (
        {"published_at": None},
        {"published_at": brussels(2026, 4, 1, 9)},
        {"withdrawn_at": brussels(2026, 2, 28, 9)},
    ):
        call = CallFactory(themes=[zorg], **fields)
        CallChoice.objects.create(user=reader, call=call, kind="saved")
    assert (events(client), entries(client)) == ([], [])


def test_they_follow_at_once_what_is_followed_later(client, reader):
    zorg = ThemeFactory()
    CallFactory(title="Zorg", themes=[zorg])
    assert (events(client), entries(client)) == ([], [])
    reader.themes.add(zorg)
    assert (events(client), entries(client)) == (["Deadline: Zorg"], ["Zorg"])


def test_what_runs_comes_before_what_is_closed_where_there_is_too_much(client, reader, monkeypatch):
    zorg = ThemeFactory()
    reader.themes.add(zorg)
    for title, day in [
        ("Gesloten", brussels(2026, 2, 1)),
        ("Lang gesloten", brussels(2025, 2, 1)),
        ("Laat", brussels(2026, 9, 1)),
        ("Vroeg", brussels(2026, 3, 9)),
    ]:
        CallFactory(title=title, themes=[zorg], deadline=day)
    assert events(client) == ["Deadline: Vroeg", "Deadline: Laat", "Deadline: Gesloten"]
    monkeypatch.setattr("accounts.private.CALENDAR_LENGTH", 2)
    monkeypatch.setattr("calls.take_along.CALENDAR_LENGTH", 2)
    assert events(client) == ["Deadline: Vroeg", "Deadline: Laat"]
    calendar = Calendar.from_ical(client.get(ICS).content)
    assert str(calendar["DESCRIPTION"]).startswith("2 van 3 oproepen")


def test_the_feed_ends_after_the_newest_fifty(client, reader):
    zorg = ThemeFactory()
    reader.themes.add(zorg)
    for n in range(52):
        CallFactory(title=f"Oproep {n}", themes=[zorg], published_at=brussels(2026, 2, 1, 9) + timedelta(hours=n))
    assert entries(client) == [f"Oproep {n}" for n in range(51, 1, -1)]


def test_the_calendar_and_the_feed_say_whose_they_are(client, reader):
    calendar = Calendar.from_ical(client.get(ICS).content)
    assert (str(calendar["NAME"]), str(calendar["URL"])) == (
        "EU-subsidieoproepen die u volgt (VLEVA)",
        "http://testserver/mijn/",
    )
    feed = ElementTree.fromstring(client.get(ATOM).content)
    assert feed.findtext(f"{NAMESPACE}title") == "EU-subsidieoproepen die u volgt (VLEVA)"
    assert feed.findtext(f"{NAMESPACE}id") == f"tag:oproepen.vleva.eu,2026:mijn/{reader.pk}"
    assert [link.attrib for link in feed.iter(f"{NAMESPACE}link")] == [
        {"href": "http://testserver/mijn/", "rel": "alternate"},
        {"href": f"http://testserver{ATOM}", "rel": "self"},
    ]


def test_they_stay_the_same_calendar_and_feed_at_a_new_address(client, reader):
    before = Calendar.from_ical(client.get(ICS).content)["UID"]
    feed = ElementTree.fromstring(client.get(ATOM).content).findtext(f"{NAMESPACE}id")
    User.objects.update(private_key="n" * 43)
    assert Calendar.from_ical(client.get(f"/agenda/{'n' * 43}/oproepen.ics").content)["UID"] == before
    new = ElementTree.fromstring(client.get(f"/agenda/{'n' * 43}/oproepen.atom").content)
    assert new.findtext(f"{NAMESPACE}id") == feed
    assert KEY not in str(before) + feed


# How they are served -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content_type"),
    [(ICS, "text/calendar; charset=utf-8"), (ATOM, "application/atom+xml; charset=utf-8")],
)
def test_they_are_for_the_program_that_asks_alone(client, reader, path, content_type):
    response = client.get(path)
    shown = ("Content-Type", "Cache-Control", "X-Robots-Tag", "Referrer-Policy")
    assert {name: response[name] for name in shown} == {
        "Content-Type": content_type,
        "Cache-Control": "private",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",
    }
    assert (response.cookies.output(), "Cookie" in response["Vary"]) == ("", False)


@pytest.mark.parametrize("path", BOTH)
def test_they_are_sent_once_and_can_only_be_read(client, reader, path):
    zorg = ThemeFactory()
    reader.themes.add(zorg)
    call = CallFactory(themes=[zorg])
    etag = client.get(path)["ETag"]
    again = client.get(path, headers={"if-none-match": etag})
    assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", "private")
    call.title = "Anders"
    call.save()
    assert client.get(path, headers={"if-none-match": etag}).status_code == 200
    assert [client.head(path).status_code, client.post(path).status_code] == [200, 405]


@pytest.mark.parametrize(
    "key", ["x" * 43, KEY[:-1], KEY + "k", KEY.upper(), "None", "-", "%00" * 43, "é" * 43, "k" * 3000]
)
def test_a_wrong_key_is_not_found(client, reader, key):
    for name in ("ics", "atom"):
        response = client.get(f"/agenda/{key}/oproepen.{name}")
        assert (response.status_code, "Deze pagina vinden we niet" in text(response)) == (404, True)


def test_who_has_no_key_cannot_be_read_and_who_is_blocked_neither(client, reader):
    User.objects.update(is_active=False)
    assert [client.get(path).status_code for path in BOTH] == [404, 404]


@pytest.mark.parametrize("rows", [1, 3])
def test_queries(client, reader, rows, django_assert_num_queries):
    for _ in range(rows):
        theme = ThemeFactory()
        reader.themes.add(theme)
        call = CallFactory(themes=[theme])
        call.cutoffs.create(at=brussels(2026, 3, 20, 12))
        call.budgets.create(amount=1000)
        CallChoice.objects.create(user=reader, call=call, kind="saved")
    SavedSearch.objects.create(user=reader, name="Alles", state="status=open")
    client.get(ICS)
    for path, number in [(ICS, 10), (ATOM, 11)]:
        with django_assert_num_queries(number):
            client.get(path)
