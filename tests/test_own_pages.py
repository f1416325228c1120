"""Pages of users from the page cache: the same page for all of them, with what each chose put in."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import CallChoice, Follow
from accounts.readers import sessions
from calls.models import Call
from portal import own_pages, page_cache
from portal.copies import Copies
from tests.conftest import Person
from tests.factories import CallFactory, ContactFactory, FundFactory, ThemeFactory, UserFactory

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=")\w+')
KINDS = [(), ("saved",), ("irrelevant",), ("next",), ("saved", "next")]


@pytest.fixture(autouse=True)
def cache(settings, monkeypatch):
    settings.PAGE_CACHE_MEGABYTES = 5
    monkeypatch.setattr(page_cache, "STAMP_SECONDS", 0)
    sessions.known.clear()


@pytest.fixture
def themes():
    main = ThemeFactory(name="Samenleving", slug="samenleving", contact=ContactFactory(name="An Peeters"))
    return [main, ThemeFactory(name="Migratie", slug="migratie", parent=main), ThemeFactory(name="Zorg", slug="zorg")]


@pytest.fixture
def calls(themes):
    soon = timezone.now() + timedelta(days=40)
    calls = [CallFactory(title=f"Oproep {n}", slug=f"oproep-{n}", deadline=soon) for n in range(5)]
    for number, call in enumerate(calls):
        call.themes.set([themes[number % 3]])
    return calls


@pytest.fixture
def pages(calls):
    fund = FundFactory(name="Fonds", slug="fonds")
    Call.objects.filter(pk=calls[0].pk).update(fund=fund)
    lists = ["/", "/oproepen/", "/oproepen/?q=oproep", "/oproepen/?pagina=2&weergave=tijdlijn", "/fondsen/fonds/"]
    one = ["/themas/", "/themas/migratie/", "/themas/samenleving/", *(call.get_absolute_url() for call in calls)]
    return [*lists, "/fondsen/", *one, "/contacten/", "/open-data/", "/toegankelijkheid/", "/privacy/"]


@pytest.fixture
def people(calls, themes):
    """Users of one process, each with other choices; none, the first."""
    people = [logged_in() for _ in range(4)]
    for number, (person, user) in enumerate(people):
        person.handler = people[0][0].handler
        Follow.objects.bulk_create(Follow(user=user, theme=theme) for theme in themes[: number and number - 1])
        for place, call in enumerate(calls if number else []):
            kinds = KINDS[(place + number) % len(KINDS)]
            CallChoice.objects.bulk_create(CallChoice(user=user, call=call, kind=kind) for kind in kinds)
    return [person for person, _user in people]


def logged_in(**attributes):
    user, person = UserFactory(**attributes), Person()
    person.force_login(user)
    person.get("/privacy/")  # their form cookie
    return person, user


def text(response):
    return TOKEN.sub(r"\1", response.text)


# The page itself -----------------------------------------------------------------------------------------------------


def test_each_gets_the_page_that_would_be_made_for_them(people, pages, settings):
    shown = {path: [text(person.get(path)) for person in people for _ in range(2)][::2] for path in pages}
    settings.PAGE_CACHE_MEGABYTES = 0
    fresh = Person().handler
    for person in people:
        person.handler = fresh
    assert {path: [text(person.get(path)) for person in people] for path in pages} == shown
    different = [path for path in pages if len(set(shown[path])) > 1]
    assert {"/", "/oproepen/", "/themas/migratie/", "/oproepen/oproep-1/"} <= set(different)


def test_a_page_is_made_once_for_all_of_them(people, pages, django_assert_num_queries, monkeypatch):
    for path in pages:
        first = [person.get(path) for person in people][-1]
        for person in people:
            with django_assert_num_queries(2):  # who asks; the stamp, which a worker looks for now and then
                again = person.get(path)
        assert (text(again), again.headers.keys() - {"X-Request-ID"}) == (
            text(first),
            first.headers.keys() - {"X-Request-ID"},
        ), path
        assert (again["Cache-Control"], "Cookie" in again["Vary"]) == ("private", True)
        assert "own-" not in again.text
        assert [int(page["Content-Length"]) for page in (first, again)] == [len(first.content), len(again.content)]


def test_the_forms_of_a_kept_page_work(people, calls):
    person = Person(enforce_csrf_checks=True)
    person.cookies, person.handler = people[2].cookies, people[2].handler
    person.handler.enforce_csrf_checks = True
    for _ in range(2):
        page = person.get("/themas/zorg/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)', page)[1]
    assert person.post("/themas/zorg/volgen/", {"follow": "yes"}).status_code == 403
    assert person.post("/themas/zorg/volgen/", {"follow": "yes", "csrfmiddlewaretoken": token}).status_code == 302
    person.handler.enforce_csrf_checks = False


def test_who_lost_the_cookie_of_forms_gets_one(people, calls):
    person = people[2]
    for _ in range(2):
        person.get("/themas/zorg/")
    del person.cookies["csrftoken"]
    person.handler.enforce_csrf_checks = True
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)', person.get("/themas/zorg/").text)[1]
    assert person.post("/themas/zorg/volgen/", {"follow": "yes", "csrfmiddlewaretoken": token}).status_code == 302


def test_what_somebody_does_they_see_at_once(people, calls, themes):
    person, other = people[0], people[1]
    for one in (person, other):
        one.get("/oproepen/oproep-1/"), one.get("/oproepen/oproep-1/")
    person.post("/oproepen/oproep-1/bewaren/", {"kind": "saved", "wanted": "yes"})
    person.choose(themes[2])
    for _ in range(2):  # the first shows what was done, once
        assert "Bewaard ✓" in person.get("/oproepen/oproep-1/").text
        assert "✓ Zorg" in person.get("/").text
    assert "✓ Zorg" not in other.get("/").text


def test_a_message_is_shown_once(people, themes):
    person = people[0]
    person.get("/themas/zorg/")
    person.choose(themes[2], next="/themas/zorg/")
    pages = [person.get("/themas/zorg/").text for _ in range(2)]
    assert ["U volgt nu het thema Zorg" in page for page in pages] == [True, False]


def test_a_change_by_an_editor_is_seen_at_once(people, calls):
    for person in people:
        person.get("/oproepen/")
    calls[0].title = "Heel wat anders"
    calls[0].save()
    assert ["Heel wat anders" in person.get("/oproepen/").text for person in people] == [True] * 4


# Who gets one --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["session", "password", "account", "log-out"])
def test_whoever_is_logged_in_no_more_sees_it_at_once(ends, calls):
    person, user = logged_in()
    for _ in range(2):
        assert "Uitloggen" in person.get("/oproepen/").text
    if ends == "session":
        Session.objects.filter(session_key=person.session.session_key).delete()
    elif ends == "password":
        user.set_password("een-heel-ander-wachtwoord")
        user.save()
    elif ends == "account":
        user.is_active = False
        user.save()
    else:
        person.post("/account/logout/")
    assert ["Uitloggen" in person.get("/oproepen/").text for _ in range(2)] == [False, False]


def test_a_session_that_ended_in_time_ends(calls, time_machine):
    person, _user = logged_in()
    for _ in range(2):
        person.get("/oproepen/")
    time_machine.move_to(timezone.now() + timedelta(days=15))
    assert "Inloggen" in person.get("/oproepen/").text


def test_a_session_leads_to_no_other_user(people, calls):
    """Whatever a process remembers of a key, the session itself says whose it is."""
    person, other = people[0], people[3]
    for one in (person, other):
        one.get("/themas/samenleving/")
    theirs = sessions.get(other.session.session_key).user_pk
    sessions.remember(person.session.session_key, theirs)
    assert "Volg Samenleving" in " ".join(person.read("/themas/samenleving/").split())
    assert "Niet meer volgen" not in person.get("/themas/samenleving/").text


def test_an_editor_gets_a_page_of_their_own(people, pages):
    editor, _user = logged_in(is_staff=True)
    editor.handler = people[0].handler
    for path in pages:
        people[0].get(path)
        page = editor.get(path)
        assert (page.status_code, 'href="/beheer/"' in page.text) == (200, True), path
    assert 'href="/beheer/"' not in people[0].get("/oproepen/").text


def test_somebody_who_becomes_an_editor_is_one_at_once(calls):
    person, user = logged_in()
    for _ in range(2):
        person.get("/oproepen/")
    user.is_staff = True
    user.save()
    assert 'href="/beheer/"' in person.get("/oproepen/").text


def test_a_log_in_with_a_form_is_enough(client, calls, django_assert_num_queries):
    client.log_in(UserFactory(password=Person.PASSWORD))
    client.get("/oproepen/")  # says that they are logged in
    del client.cookies["messages"]
    for _ in range(2):
        client.get("/oproepen/")
    with django_assert_num_queries(2):
        assert "Uitloggen" in client.get("/oproepen/").text


@pytest.mark.parametrize("path", ["/oproepen/weg/", "/oproepen/ingetrokken/", "/themas/weg/", "/oproepen"])
def test_other_answers_are_whole_and_not_kept(people, path):
    CallFactory(title="Ingetrokken", slug="ingetrokken", withdrawn_at=timezone.now() - timedelta(days=1))
    for person in people[:2]:
        first, again = person.get(path), person.get(path)
        assert text(first) == text(again)
        assert int(first["Content-Length"]) == len(first.content)
        assert f"own-{own_pages.SECRET}" not in first.text
        assert first.status_code in {301, 404, 410}


def test_a_session_with_something_else_in_it_is_looked_at(people, calls):
    person = people[1]
    for _ in range(2):
        person.get("/oproepen/")
    session = person.session
    session["account_login"] = {"state": {}}
    session.save()
    assert "Uitloggen" in person.get("/oproepen/").text
    assert sessions.get(session.session_key).texts is None


def test_copies_for_users_count_in_the_memory(people, pages, settings):
    middleware = page_cache.PageCacheMiddleware(lambda request: None)
    middleware.copies = copies = Copies(300_000)
    page = own_pages.OwnPage()
    mark = page.part(None, lambda chosen: "x" * 50_000)
    for number in range(10):
        copy = own_pages.OwnCopy({}, page.pieces(mark), "stamp", 0, 2**40)
        copies.keep(number, copy)
    assert copy.size > 100_000
    assert copies.size <= 300_000
