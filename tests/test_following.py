"""Following themes: a visitor's choice in the session, a user's in rows, and the way from the one to the other."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier, Event
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection, connections, transaction
from django.test import Client

from accounts.following import KEY, follow
from accounts.models import Follow, User
from funds.models import Theme
from tests.browser import totp_code
from tests.factories import CallFactory, ContactFactory, FundFactory, ThemeFactory, UserFactory

BANNER = (
    "U heeft thema's geselecteerd om te volgen, maar deze worden niet opgeslagen zolang u niet bent ingelogd. "
    "Login of registreer om deze thema's te blijven volgen."
)
PASSWORD = "een-lang-wachtwoord"
PUBLIC = [
    "/",
    "/oproepen/",
    "/oproepen/?thema=migratie&pagina=1",
    "/oproepen/opvang/",
    "/fondsen/",
    "/fondsen/amif-2021-2027/",
    "/themas/",
    "/themas/migratie/",
    "/contacten/",
    "/toegankelijkheid/",
    "/privacy/",
    "/bestaat-niet/",
    "/call/migratie/bestaat-niet",
]
WITH_FORM = ["/themas/migratie/volgen/?next=/oproepen/", "/account/login/", "/account/signup/?next=/themas/"]
NEVER_CACHED = "max-age=0, no-cache, no-store, must-revalidate, private"
pytestmark = pytest.mark.django_db
real_transactions = pytest.mark.django_db(transaction=True)


@pytest.fixture
def theme():
    return ThemeFactory(name="Migratie", contact=ContactFactory(name="An Peeters"))


@pytest.fixture
def content(theme):
    """One row for every kind of public page."""
    CallFactory(title="Opvang", themes=[theme], fund=FundFactory(abbreviation="AMIF"))


@pytest.fixture
def visitor(client, theme):
    """A visitor who has chosen Migratie."""
    choose(client, theme)
    return client


def choose(client, theme, wanted="yes", **data):
    return client.post(f"/themas/{theme.slug}/volgen/", {"follow": wanted} | data)


def text(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).replace(" .", ".").split())


def page(client, path):
    return text(client.get(path).content.decode())


def banner(response):
    found = re.search(r'<div class="notice banner".*?</div>', response.content.decode(), re.DOTALL)
    return found[0] if found else ""


def messages(response):
    return [text(message) for message in re.findall(r'<li class="message .*?</li>', response.content.decode())]


def followed(user):
    return sorted(user.themes.values_list("name", flat=True))


def log_in(client, user, path="/account/login/"):
    return client.post(path, {"login": user.email, "password": PASSWORD})


def sign_up(client, email, path="/account/signup/"):
    return client.post(path, {"email": email, "password1": PASSWORD, "password2": PASSWORD})


def confirm(client, path="/account/confirm-email/"):
    code = re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mail.outbox[-1].body, re.MULTILINE)[0]
    return client.post(path, {"code": code})


# GET ------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("path", [*PUBLIC, "/healthz/", "/robots.txt", "/mijn/", "/beheer/"])
def test_a_page_gives_a_visitor_no_cookie(client, path):
    response = client.get(path)
    assert (response.cookies.output(), Session.objects.count()) == ("", 0)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize("method", ["get", "head"])
def test_the_follow_page_starts_no_session_and_is_never_cached(client, theme, method, headers):
    response = getattr(client, method)("/themas/migratie/volgen/", headers=headers)
    assert (response.status_code, list(response.cookies), Session.objects.count()) == (200, ["csrftoken"], 0)
    assert response["Cache-Control"] == NEVER_CACHED


def test_htmx_gets_the_form_alone(client, theme):
    response = client.get("/themas/migratie/volgen/?next=/oproepen/", headers={"HX-Request": "true"})
    html = response.content.decode().strip()
    assert (html.startswith("<form "), html.endswith("</form>")) == (True, True)
    assert '<input type="hidden" name="next" value="/oproepen/">' in html


def test_get_changes_nothing_whatever_it_asks(visitor, member, user, theme):
    for client in (visitor, member, Client()):
        for wanted in ("yes", "no"):
            assert client.get(f"/themas/migratie/volgen/?follow={wanted}").status_code == 200
    assert (visitor.session[KEY], followed(user), Session.objects.count()) == ([theme.pk], [], 2)


# Follow and unfollow --------------------------------------------------------------------------------------------------


def test_a_visitors_choice_stands_in_the_session_and_works_at_once(client, theme, content):
    response = choose(client, theme)
    assert (response.status_code, response["Location"]) == (302, "/themas/migratie/")
    assert messages(client.get("/themas/")) == ["U volgt nu het thema Migratie."]
    choose(client, theme)
    sport = ThemeFactory(name="Sport")
    choose(client, sport)
    assert (client.session[KEY], Session.objects.count(), Follow.objects.count()) == ([theme.pk, sport.pk], 1, 0)
    assert "Uw thema's ✓ Migratie ✓ Sport" in page(client, "/")
    assert "Alle oproepen Migratie (u volgt dit) Sport (u volgt dit)" in page(client, "/oproepen/")
    assert "✓ U volgt Migratie" in page(client, "/themas/migratie/")
    choose(client, theme, "no")
    assert client.session[KEY] == [sport.pk]


def test_a_user_follows_in_rows(member, user, theme):
    for _ in range(2):
        response = choose(member, theme, next="/oproepen/?pagina=1")
        assert (response["Location"], followed(user)) == ("/oproepen/?pagina=1", ["Migratie"])
    assert KEY not in member.session
    assert "Migratie niet meer volgen" in page(member, "/themas/migratie/")
    for _ in range(2):
        choose(member, theme, "no")
        assert messages(member.get("/themas/")) == ["U volgt het thema Migratie niet meer."]
    assert followed(user) == []


def test_unfollowing_the_last_theme_ends_the_session(visitor, theme):
    response = choose(visitor, theme, "no")
    cookie = response.cookies["sessionid"]
    assert (cookie.value, cookie["max-age"], Session.objects.count()) == ("", 0, 0)
    visitor.get("/themas/")
    assert visitor.get("/themas/").cookies.output() == ""


def test_unfollowing_without_a_choice_starts_no_session(client, theme):
    response = choose(client, theme, "no")
    assert (list(response.cookies), Session.objects.count()) == (["messages"], 0)


@pytest.mark.parametrize("data", [{}, {"follow": ""}, {"follow": "YES"}, {"follow": "1"}, {"follow": ["no", "ja"]}])
def test_an_unclear_choice_is_a_dutch_400_and_changes_nothing(visitor, theme, data):
    response = visitor.post("/themas/migratie/volgen/", data)
    assert (response.status_code, visitor.session[KEY]) == (400, [theme.pk])
    assert "We begrepen niet wat u wilt. Kies nog eens." in text(response.content.decode())


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/", "https://evil.example/", "http:///evil.example", "javascript:alert(1)", "\\\\evil.example",
        "/\\evil.example", "\\/evil.example", " //evil.example", "\t//evil.example", "///evil.example", "data:text/html,x",
        "http://testserver@evil.example/", "https:evil.example", "volgen", "home", "?pagina=2", "/" + 3000 * "a", "",
    ],
)  # fmt: skip
def test_next_leads_only_to_a_path_of_this_site(client, theme, address):
    response = choose(client, theme, next=address)
    assert (response.status_code, response["Location"]) == (302, "/themas/migratie/")
    form = client.get("/themas/migratie/volgen/", {"next": address}).content.decode()
    assert '<input type="hidden" name="next" value="">' in form


# The banner -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("path", PUBLIC + WITH_FORM)
def test_the_banner_stands_on_every_page_of_a_visitor_with_a_choice(visitor, path):
    found = banner(visitor.get(path))
    here = quote(path, safe="")
    assert text(found) == BANNER
    assert re.findall(r'href="(.*?)"', found) == [f"/account/login/?next={here}", f"/account/signup/?next={here}"]


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("path", PUBLIC + WITH_FORM)
def test_nobody_else_sees_the_banner(client, member, user, theme, path):
    follow(user, [theme.pk])
    assert (banner(client.get(path)), banner(member.get(path))) == ("", "")


def test_both_links_of_the_banner_come_back_to_the_same_page(visitor, user, theme):
    here = "/oproepen/?thema=migratie&q=a%20b"
    login, signup = (unescape(link) for link in re.findall(r'href="(.*?)"', banner(visitor.get(here))))
    other = Client()
    choose(other, theme)
    assert log_in(visitor, user, login)["Location"] == here
    sign_up(other, "nieuw@example.org", signup)
    assert confirm(other)["Location"] == here


# The merge ------------------------------------------------------------------------------------------------------------


def test_log_in_adds_the_choice_and_loses_and_doubles_nothing(visitor, user, theme):
    follow(user, [theme.pk, ThemeFactory(name="Sport").pk])
    choose(visitor, ThemeFactory(name="Transport"))
    response = log_in(visitor, user)
    assert (response["Location"], followed(user)) == ("/mijn/", ["Migratie", "Sport", "Transport"])
    assert KEY not in visitor.session


def test_sign_up_keeps_the_choice_until_and_after_confirmation(visitor):
    assert sign_up(visitor, "Nieuw@Example.org")["Location"] == "/account/confirm-email/"
    assert followed(User.objects.get()) == ["Migratie"]
    assert confirm(visitor)["Location"] == "/mijn/"
    assert (followed(User.objects.get()), KEY in visitor.session) == (["Migratie"], False)


def test_confirmation_in_another_browser_keeps_the_choice(visitor):
    sign_up(visitor, "nieuw@example.org")
    phone = Client()
    with time_machine.travel(time_machine_now(11)):
        log_in(phone, User.objects.get())
        assert confirm(phone)["Location"] == "/mijn/"
    assert "Migratie" in page(phone, "/mijn/")


def test_with_a_second_factor_the_merge_waits_for_it(visitor, user, theme):
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    assert log_in(visitor, user)["Location"] == "/account/2fa/authenticate/"
    assert (followed(user), visitor.session[KEY]) == ([], [theme.pk])
    assert text(banner(visitor.get("/themas/"))) == BANNER
    visitor.post("/account/2fa/authenticate/", {"code": totp_code("JBSWY3DPEHPK3PXP")})
    assert (followed(user), KEY in visitor.session) == (["Migratie"], False)


def test_log_in_by_code_merges_too(visitor, user):
    visitor.post("/account/login/code/", {"email": user.email})
    assert (confirm(visitor, "/account/login/code/confirm/")["Location"], followed(user)) == ("/mijn/", ["Migratie"])


def test_the_choice_of_one_never_reaches_the_next_in_the_same_browser(visitor, user):
    log_in(visitor, user)
    visitor.post("/account/logout/")
    assert banner(visitor.get("/")) == ""
    next_user = UserFactory()
    log_in(visitor, next_user)
    assert (followed(user), followed(next_user)) == (["Migratie"], [])


def test_signing_up_with_the_address_of_another_adds_nothing_to_their_account(visitor, user):
    sign_up(visitor, user.email)
    assert (followed(user), len(visitor.session[KEY])) == ([], 1)
