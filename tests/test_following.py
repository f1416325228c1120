"""Following themes: a visitor's choice in the session, a user's in rows, and the way from the one to the other."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.following import KEY, follow
from accounts.models import Follow, User
from tests.browser import totp_code
from tests.factories import CallFactory, ContactFactory, FundFactory, ThemeFactory, UserFactory

BANNER = (
    "U heeft thema's geselecteerd om te volgen, maar deze worden niet opgeslagen zolang u niet bent ingelogd. "
    "Login of registreer om deze thema's te blijven volgen."
)
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
pytestmark = pytest.mark.django_db


@pytest.fixture
def theme():
    return ThemeFactory(name="Migratie", contact=ContactFactory(name="An Peeters", email="an@example.org"))


@pytest.fixture
def content(theme):
    """One row for every kind of public page."""
    CallFactory(title="Opvang", themes=[theme], fund=FundFactory(abbreviation="AMIF"))


@pytest.fixture
def visitor(client, theme):
    """A visitor who has chosen Migratie."""
    client.choose(theme)
    return client


def banner(response):
    """The HTML of the banner, or nothing."""
    return "".join(re.findall(r'<div class="notice banner".*?</div>', response.content.decode(), re.DOTALL))


def text(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def messages(client):
    html = client.get("/themas/").content.decode()
    return [text(message) for message in re.findall(r'<li class="message .*?</li>', html)]


def followed(user):
    return sorted(user.themes.values_list("name", flat=True))


# GET -----------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("path", [*PUBLIC, "/healthz/", "/robots.txt", "/mijn/", "/beheer/"])
def test_a_page_gives_a_visitor_no_cookie(client, path):
    response = client.get(path)
    assert (response.cookies.output(), Session.objects.count()) == ("", 0)


@pytest.mark.usefixtures("theme")
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize("method", ["get", "head"])
def test_the_follow_page_starts_no_session_and_is_never_cached(client, method, headers):
    response = getattr(client, method)("/themas/migratie/volgen/", headers=headers)
    assert (response.status_code, list(response.cookies), Session.objects.count()) == (200, ["csrftoken"], 0)
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


@pytest.mark.usefixtures("theme")
def test_htmx_gets_the_form_alone(client):
    response = client.get("/themas/migratie/volgen/?next=/oproepen/", headers={"HX-Request": "true"})
    html = response.content.decode().strip()
    assert (html.startswith("<form "), html.count("<form"), html.endswith("</form>")) == (True, 1, True)
    assert '<input type="hidden" name="next" value="/oproepen/">' in html


def test_get_changes_nothing_whatever_it_asks(visitor, member, user, theme, other):
    for client in (visitor, member, other):
        for wanted in ("yes", "no"):
            assert client.get(f"/themas/migratie/volgen/?follow={wanted}").status_code == 200
    assert (visitor.session[KEY], followed(user), Session.objects.count()) == ([theme.pk], [], 2)


# Follow and unfollow -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("content")
def test_a_visitors_choice_stands_in_the_session_and_works_at_once(client, theme):
    response = client.choose(theme)
    assert (response.status_code, response["Location"]) == (302, "/themas/migratie/")
    assert messages(client) == ["U volgt nu het thema Migratie."]
    sport = ThemeFactory(name="Sport")
    client.choose(theme)
    client.choose(sport)
    assert (client.session[KEY], Session.objects.count(), Follow.objects.count()) == ([theme.pk, sport.pk], 1, 0)
    assert "Uw thema's ✓ Migratie ✓ Sport" in client.read("/")
    assert "Alleen de thema’s die u volgt" in client.read("/oproepen/")
    assert "✓ U volgt Migratie" in client.read("/themas/migratie/")
    client.choose(theme, "no")
    assert client.session[KEY] == [sport.pk]


def test_a_user_follows_in_rows(member, user, theme):
    for _ in range(2):
        response = member.choose(theme, next="/oproepen/?pagina=1")
        assert (response["Location"], followed(user)) == ("/oproepen/?pagina=1", ["Migratie"])
    assert KEY not in member.session
    assert "Migratie niet meer volgen" in member.read("/themas/migratie/")
    for _ in range(2):
        member.choose(theme, "no")
        assert (messages(member), followed(user)) == (["U volgt het thema Migratie niet meer."], [])


def test_unfollowing_the_last_theme_ends_the_session(visitor, theme):
    cookie = visitor.choose(theme, "no").cookies["sessionid"]
    assert (cookie.value, cookie["max-age"], Session.objects.count()) == ("", 0, 0)
    assert banner(visitor.get("/")) == ""


def test_unfollowing_without_a_choice_starts_no_session(client, theme):
    response = client.choose(theme, "no")
    assert (list(response.cookies), Session.objects.count()) == (["messages"], 0)


@pytest.mark.parametrize("data", [{}, {"follow": ""}, {"follow": "YES"}, {"follow": "1"}, {"follow": ["no", "ja"]}])
def test_an_unclear_choice_is_a_dutch_400_and_changes_nothing(visitor, theme, data):
    response = visitor.post("/themas/migratie/volgen/", data)
    assert (response.status_code, visitor.session[KEY]) == (400, [theme.pk])
    assert "We begrepen niet wat u wilt. Kies nog eens." in text(response.content.decode())


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/", "https://evil.example/", "http:///evil.example", "///evil.example", "https:evil.example",
        "javascript:alert(1)", "data:text/html,x", "\\\\evil.example", "/\\evil.example", "\\/evil.example",
        " //evil.example", "\t//evil.example", "/\t/evil.example", "http://testserver@evil.example/",
        "volgen", "home", "?pagina=2", "/" + 3000 * "a", "",
    ],
)  # fmt: skip
def test_next_leads_only_to_a_path_of_this_site(client, theme, address):
    response = client.choose(theme, next=address)
    assert (response.status_code, response["Location"]) == (302, "/themas/migratie/")
    form = client.get("/themas/migratie/volgen/", {"next": address}).content.decode()
    assert '<input type="hidden" name="next" value="">' in form


# The banner ----------------------------------------------------------------------------------------------------------


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


def test_both_links_of_the_banner_come_back_to_the_same_page(visitor, other, user, theme):
    here = "/oproepen/?thema=migratie&q=a%20b"
    login, signup = (unescape(link) for link in re.findall(r'href="(.*?)"', banner(visitor.get(here))))
    assert visitor.log_in(user, login)["Location"] == here
    other.choose(theme)
    other.sign_up("nieuw@example.org", signup)
    assert other.confirm()["Location"] == here


# The merge -----------------------------------------------------------------------------------------------------------


def test_log_in_adds_the_choice_and_loses_and_doubles_nothing(visitor, user, theme):
    follow(user, [theme.pk, ThemeFactory(name="Sport").pk])
    visitor.choose(ThemeFactory(name="Transport"))
    assert visitor.log_in(user)["Location"] == "/mijn/"
    assert (followed(user), KEY in visitor.session) == (["Migratie", "Sport", "Transport"], False)


def test_sign_up_keeps_the_choice_before_and_after_confirmation(visitor):
    assert visitor.sign_up("Nieuw@Example.org")["Location"] == "/account/confirm-email/"
    assert followed(User.objects.get()) == ["Migratie"]
    assert visitor.confirm()["Location"] == "/mijn/"
    assert (followed(User.objects.get()), KEY in visitor.session) == (["Migratie"], False)


def test_confirmation_in_another_browser_keeps_the_choice(visitor, other):
    visitor.sign_up("nieuw@example.org")
    with time_machine.travel(timezone.now() + timedelta(seconds=11)):  # one code in ten seconds
        assert other.log_in(User.objects.get())["Location"] == "/account/confirm-email/"
        assert other.confirm()["Location"] == "/mijn/"
    assert "Thema's die u volgt Migratie" in other.read("/mijn/")


@pytest.mark.usefixtures("clock_stands_still")
def test_the_merge_waits_for_the_second_factor(visitor, user, theme):
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    assert visitor.log_in(user)["Location"] == "/account/2fa/authenticate/"
    assert (followed(user), visitor.session[KEY]) == ([], [theme.pk])
    assert text(banner(visitor.get("/themas/"))) == BANNER
    visitor.post("/account/2fa/authenticate/", {"code": totp_code("JBSWY3DPEHPK3PXP")})
    assert (followed(user), KEY in visitor.session) == (["Migratie"], False)


def test_log_in_by_code_merges_too(visitor, user):
    visitor.post("/account/login/code/", {"email": user.email})
    assert visitor.confirm("/account/login/code/confirm/")["Location"] == "/mijn/"
    assert (followed(user), KEY in visitor.session) == (["Migratie"], False)


def test_the_choice_of_one_user_never_reaches_the_next_in_the_same_browser(visitor, user):
    visitor.log_in(user)
    visitor.post("/account/logout/")
    assert banner(visitor.get("/")) == ""
    next_user = UserFactory()
    visitor.log_in(next_user)
    assert (followed(user), followed(next_user)) == (["Migratie"], [])


def test_signing_up_with_somebody_elses_address_adds_nothing_to_their_account(visitor, user, theme):
    visitor.sign_up(user.email)
    assert (followed(user), visitor.session[KEY]) == ([], [theme.pk])


# What following brings -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("path", ["/themas/migratie/", "/oproepen/opvang/", "/contacten/"])
def test_the_contact_of_a_theme_is_for_users_and_a_visitor_is_asked_to_make_an_account(client, member, path):
    html = client.get(path).content.decode()
    assert ("An Peeters" in html, "an@example.org" in html) == (False, False)
    assert f'<a href="/account/signup/?next={quote(path, safe="")}">Maak een account aan</a>' in html
    html = member.get(path).content.decode()
    assert ("An Peeters" in html, "an@example.org" in html, "Maak een account aan" in html) == (True, True, False)


def test_my_page_is_for_users(client):
    response = client.get("/mijn/?a=1")
    assert (response.status_code, response["Location"]) == (302, "/account/login/?next=/mijn/%3Fa%3D1")


def test_my_page_shows_the_calls_and_contacts_of_the_followed_themes(member, user, theme):
    below, beside = ThemeFactory(name="Asiel", parent=theme), ThemeFactory(name="Sport")
    past = timezone.now() - timedelta(days=1)
    for title, themes, fields in [
        ("Open", [theme], {}),
        ("Van beide", [below, theme, beside], {}),
        ("Eronder", [below], {}),
        ("Voorbij", [theme], {"deadline": past}),
        ("Ontwerp", [theme], {"published_at": None}),
        ("Ernaast", [beside], {}),
    ]:
        CallFactory(title=title, themes=themes, **fields)
    assert "U volgt nog geen thema." in member.read("/mijn/")
    follow(user, [theme.pk])
    html = member.get("/mijn/").content.decode()
    assert re.findall(r'<h3><a href="[^"]+" lang="nl">(.*?)</a>', html) == ["Open", "Van beide", "Eronder", "Voorbij"]
    assert ("An Peeters" in html, 'value="no">Migratie niet meer volgen</button>' in html) == (True, True)
    assert member.get("/mijn/")["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
