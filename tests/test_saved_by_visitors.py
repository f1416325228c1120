"""Calls and searches that visitors save: the session, the banner, and what log-in makes of it."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import saving
from accounts.models import CallChoice, SavedSearch, User
from accounts.saving import SEARCHES
from tests.factories import CallFactory, ThemeFactory, UserFactory
from tests.saving import BANNER, PRIVATE, banner, choose, chosen, links, messages, rows, save

PAST = timedelta(days=-3)
pytestmark = pytest.mark.django_db


@pytest.fixture
def call():
    return CallFactory(title="Opvang", themes=[ThemeFactory(name="Migratie")])


@pytest.fixture
def over():
    """A call that closed."""
    return CallFactory(title="Voorbij", deadline=timezone.now() + PAST)


# A visitor -----------------------------------------------------------------------------------------------------------


def test_a_visitors_choice_stands_in_the_session_and_works_at_once(client, call, over):
    assert choose(client, call)["Location"] == "/oproepen/opvang/"
    choose(client, over, "next")
    assert messages(client)[1:] == [
        "U wilt bericht van de oproep die volgt op “Voorbij”. Dat kan zodra u bent ingelogd."
    ]
    session = {saving.KEYS["saved"]: [call.pk], saving.KEYS["next"]: [over.pk]}
    assert (dict(client.session.items()), Session.objects.count(), CallChoice.objects.count()) == (session, 1, 0)
    assert links(client.get("/oproepen/opvang/").content.decode()) == ["✓ Bewaard"]
    assert links(client.get("/oproepen/voorbij/").content.decode())[0] == "✓ U wacht op de volgende oproep"
    assert "✓ bewaard" in client.read("/oproepen/")
    choose(client, call, wanted="no")
    cookie = choose(client, over, "next", "no").cookies["sessionid"]
    assert (cookie.value, Session.objects.count()) == ("", 0)


def test_removing_without_a_choice_starts_no_session(client, call):
    assert (list(choose(client, call, wanted="no").cookies), Session.objects.count()) == (["messages"], 0)


def test_only_a_user_can_say_that_a_call_is_not_relevant(client, call):
    response = choose(client, call, "irrelevant")
    assert response["Location"] == "/account/login/?next=/oproepen/opvang/"
    assert messages(client) == [
        "Berichten zijn er voor wie een account heeft: log in om te zeggen dat een oproep niet relevant is voor u."
    ]
    assert Session.objects.count() == 0


@pytest.mark.parametrize("path", ["/", "/oproepen/", "/oproepen/opvang/", "/bewaard/", "/account/login/", "/niet/"])
def test_the_banner_has_a_sentence_of_its_own_for_calls(client, call, path):
    choose(client, call)
    response = client.get(path)
    here = quote(path, safe="")
    assert banner(response) == BANNER
    html = response.content.decode()
    for link in ("/bewaard/", f"/account/login/?next={here}", f"/account/signup/?next={here}"):
        assert f'<a href="{link}">' in html


def test_the_banner_of_themes_comes_first_and_users_see_none(client, member, call):
    choose(client, call)
    choose(member, call)
    client.choose(call.themes.get())
    assert banner(client.get("/")).startswith("U heeft thema's geselecteerd om te volgen")
    assert banner(member.get("/")) == ""


def test_a_visitor_has_a_limit_too(client, call, over, monkeypatch):
    monkeypatch.setattr(saving, "MOST_CHOICES", 1)
    for one in (call, call, over):
        choose(client, one)
    assert messages(client)[-1] == "U bewaarde al 1 oproepen. Verwijder er eerst enkele."
    assert client.session[saving.KEYS["saved"]] == [call.pk]


@pytest.mark.parametrize(
    "stored", [["1"], [None], [[1]], [{}], [1.5], [-1], [0], [10**30], {"1": 2}, {}, [], None, "1", 1, True]
)
def test_a_session_with_something_odd_counts_as_no_choice(client, user, call, stored):
    session = client.session
    for key in saving.KEYS.values():
        session[key] = stored
    session.save()
    assert (banner(client.get("/oproepen/")), client.get("/bewaard/").status_code) == ("", 200)
    choose(client, call)
    assert client.session[saving.KEYS["saved"]][-1:] == [call.pk]
    assert client.log_in(user)["Location"] == "/mijn/"
    assert chosen(user) == [("saved", "Opvang")]


def test_a_choice_of_nothing_but_deleted_calls_is_no_choice(client, user, call):
    choose(client, call)
    call.delete()
    assert (banner(client.get("/")), "U bewaarde nog geen oproep." in client.read("/bewaard/")) == ("", True)
    assert client.log_in(user)["Location"] == "/mijn/"
    assert chosen(user) == []


# The merge -----------------------------------------------------------------------------------------------------------


def test_log_in_adds_the_choice_and_loses_and_doubles_nothing(client, user, call, over):
    other = CallFactory(title="Ander")
    CallChoice.objects.create(user=user, call=call, kind="saved", reminder_days=[7])
    CallChoice.objects.create(user=user, call=other, kind="irrelevant")
    for one in (call, other, over):
        choose(client, one)
    choose(client, over, "next")
    assert client.log_in(user)["Location"] == "/mijn/"
    assert chosen(user) == [("next", "Voorbij"), ("saved", "Ander"), ("saved", "Opvang"), ("saved", "Voorbij")]
    assert CallChoice.objects.get(call=call).reminder_days == [7]
    assert [key in client.session for key in saving.KEYS.values()] == [False, False]


def test_sign_up_keeps_the_choice_before_and_after_confirmation(client, call):
    choose(client, call)
    client.sign_up("nieuw@example.org")
    assert chosen(User.objects.get()) == [("saved", "Opvang")]
    assert client.confirm()["Location"] == "/mijn/"
    assert chosen(User.objects.get()) == [("saved", "Opvang")]
    client.post("/account/logout/")
    next_user = UserFactory()
    client.log_in(next_user)
    assert chosen(next_user) == []


def test_a_full_account_takes_what_fits_and_says_so(client, user, call, over, monkeypatch):
    for one in (call, over):
        choose(client, one)
    monkeypatch.setattr(saving, "MOST_CHOICES", 1)
    client.log_in(user)
    assert chosen(user) == [("saved", "Opvang")]
    assert "Uw account is vol: niet alles wat u bewaarde kon erbij." in messages(client)


def test_the_page_of_a_visitor_is_private_and_a_user_is_sent_to_their_own(client, member, call):
    response = client.get("/bewaard/")
    assert (response.status_code, response["Cache-Control"], list(response.cookies)) == (200, PRIVATE, [])
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    choose(client, call)
    assert "Opvang" in client.read("/bewaard/")
    assert member.get("/bewaard/")["Location"] == "/mijn/"


# A visitor and the merge ---------------------------------------------------------------------------------------------


def test_a_visitors_searches_stand_in_the_session(client, call):
    save(client, "status=open", name="Wat open is")
    assert dict(client.session.items()) == {SEARCHES: [["status=open", "Wat open is"]]}
    assert (banner(client.get("/")), "Wat open is 1 oproep" in client.read("/bewaard/")) == (BANNER, True)
    cookie = save(client, "status=open", "no").cookies["sessionid"]
    assert (cookie.value, Session.objects.count(), banner(client.get("/"))) == ("", 0, "")


def test_log_in_adds_searches_and_the_names_of_the_account_stay(client, user):
    SavedSearch.objects.create(user=user, state="status=open", name="Van vroeger")
    for state, name in [("status=open", "Nu"), ("status=alle", "Alles")]:
        save(client, state, name=name)
    assert client.log_in(user)["Location"] == "/mijn/"
    assert rows(user) == [("status=alle", "Alles"), ("status=open", "Van vroeger")]
    assert SEARCHES not in client.session


def test_sign_up_keeps_searches_too(client):
    save(client, "status=open", name="Open")
    client.sign_up("nieuw@example.org")
    assert rows(User.objects.get()) == [("status=open", "Open")]
    client.confirm()
    assert rows(User.objects.get()) == [("status=open", "Open")]


def test_a_full_account_takes_the_searches_that_fit(client, user, monkeypatch):
    for status in ("open", "alle"):
        save(client, f"status={status}", name=status)
    monkeypatch.setattr(saving, "MOST_SEARCHES", 1)
    client.log_in(user)
    assert rows(user) == [("status=open", "open")]
    assert "Uw account is vol: niet alles wat u bewaarde kon erbij." in messages(client)


@pytest.mark.parametrize(
    "stored",
    [["status=open"], [["status=open"]], [["status=open", ""]], [["", "x"]], [["a" * 2001, "x"]], [["a", "b" * 101]],
     [[1, "x"]], [["a", None]], {"status=open": "x"}, "status=open", None, 1, [], [None], [[["a"], "b"]]],
)  # fmt: skip
def test_odd_searches_in_a_session_count_as_none(client, user, stored):
    session = client.session
    session[SEARCHES] = stored
    session.save()
    assert (banner(client.get("/")), client.get("/bewaard/").status_code) == ("", 200)
    save(client, "status=open", name="Goed")
    assert client.session[SEARCHES] == [["status=open", "Goed"]]
    assert client.log_in(user)["Location"] == "/mijn/"
    assert rows(user) == [("status=open", "Goed")]
