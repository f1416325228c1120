"""What users manage themselves: address, password, sessions, second factors; and all of it is in Dutch."""

import json
import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.core import mail
from django.core.cache import cache
from django.urls import get_resolver

from tests.account_pages import walk
from tests.browser import totp_code
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock_stands_still")]
ENGLISH = re.compile(
    r"\b(sign|password|email|submit|change|remove|verify|verification|confirm|your|the|add|edit|save|cancel|back|enter"
    r"|invalid|required|current|key|security|sessions?|started|please|you|are|not|with|and|this|unspecified|address|name)\b",
    re.IGNORECASE,
)
NOT_PAGES = {"mfa_login_webauthn", "mfa_reauthenticate_webauthn", "mfa_download_recovery_codes"}


def mails():
    return [(message.to, message.subject) for message in mail.outbox]


def addresses(user):
    return list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


def test_a_new_address_counts_once_its_code_is_filled_in(client, user):
    old = user.email
    client.log_in(user)
    response = client.post("/account/email/", {"email": "Ander@example.org", "action_add": ""})
    assert response["Location"] == "/account/reauthenticate/?next=%2Faccount%2Femail%2F"
    response = client.post(response["Location"], {"password": client.PASSWORD})
    assert (response["Location"], addresses(user)) == ("/account/confirm-email/", [(old, True, True)])
    client.confirm()
    user.refresh_from_db()
    assert (user.email, addresses(user)) == ("ander@example.org", [("ander@example.org", True, True)])
    assert mails() == [(["ander@example.org"], "Bevestig uw e-mailadres"), ([old], "E-mailadres gewijzigd")]
    client.post("/account/logout/")
    assert client.log_in(user)["Location"] == "/mijn/"


def test_somebody_elses_address_cannot_be_taken(client, user):
    somebody = UserFactory()
    client.log_in(user)
    client.post("/account/reauthenticate/", {"password": client.PASSWORD})
    response = client.post("/account/email/", {"email": somebody.email, "action_add": ""})
    assert response["Location"] == "/account/confirm-email/"
    assert mails() == [([somebody.email], "Bevestig uw e-mailadres")]
    client.confirm()
    assert (addresses(user), addresses(somebody)) == ([(user.email, True, True)], [(somebody.email, True, True)])


def test_a_changed_password_ends_every_session(client, other, user):
    for browser in (client, other):
        browser.log_in(user)
    words = {"password1": "nog-een-lang-woord", "password2": "nog-een-lang-woord"}
    client.post("/account/password/change/", {"oldpassword": client.PASSWORD} | words)
    assert [browser.get("/mijn/").status_code for browser in (client, other)] == [302, 302]
    assert mails() == [([user.email], "Wachtwoord gewijzigd")]


def test_the_sessions_are_listed_and_can_be_ended(client, other, user):
    for browser, name in ((client, "Firefox"), (other, "Safari")):
        browser.defaults["HTTP_USER_AGENT"] = name
        browser.log_in(user)
    page = client.read("/account/sessions/")
    assert ("127.0.0.1" in page, "Firefox" in page, "Safari" in page) == (True, True, True)
    client.post("/account/sessions/")
    assert [browser.get("/mijn/").status_code for browser in (client, other)] == [200, 302]
    assert "Safari" not in client.read("/account/sessions/")


@pytest.mark.django_db(transaction=True)
def test_an_authenticator_is_asked_at_log_in_until_it_is_switched_off(client, other, user):
    cache.clear()
    client.log_in(user)
    activate = "/account/2fa/totp/activate/"
    assert client.get(activate)["Location"] == "/account/reauthenticate/?next=%2Faccount%2F2fa%2Ftotp%2Factivate%2F"
    client.post("/account/reauthenticate/", {"password": client.PASSWORD})
    client.get(activate)
    secret = client.session[SECRET_SESSION_KEY]
    assert client.post(activate, {"code": totp_code(secret)})["Location"] == "/account/2fa/recovery-codes/"
    spare = re.findall(r"\b\d{8}\b", client.read("/account/2fa/recovery-codes/"))
    assert len(spare) == 10
    now = totp_code(secret)
    for code, status in [("000000", 200), (now, 302), (now, 200), (spare[0], 302), (spare[0], 200)]:  # each code once
        other.post("/account/logout/")
        assert other.log_in(user)["Location"] == "/account/2fa/authenticate/"
        assert (code, other.post("/account/2fa/authenticate/", {"code": code}).status_code) == (code, status)
    client.post("/account/2fa/totp/deactivate/")
    other.post("/account/logout/")
    assert (Authenticator.objects.count(), other.log_in(user)["Location"]) == (0, "/mijn/")
    assert mails() == [([user.email], f"Authenticator-app {word}geschakeld") for word in ("in", "uit")]


def test_the_passkey_pages_hold_what_a_browser_needs(client, user):
    options = client.get("/account/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"}).json()
    assert options["request_options"]["publicKey"]["rpId"] == "testserver"
    client.log_in(user)
    client.post("/account/reauthenticate/", {"password": client.PASSWORD})
    page = client.get("/account/2fa/webauthn/add/").content.decode()
    options = json.loads(re.search(r'<script id="js_data" type="application/json">(.*?)</script>', page)[1])
    assert options["creation_options"]["publicKey"]["user"]["name"] == user.email


# The whole area ------------------------------------------------------------------------------------------------------


def words_of(response):
    """What a page shows and what it says in attributes, without data for scripts."""
    html = re.sub(r"<script.*?</script>", "", response.content.decode(), flags=re.DOTALL)
    attributes = re.findall(r'(?:title|alt|placeholder|aria-label|content)="([^"]*)"', html)
    return " ".join([re.sub(r"<[^>]+>", " ", html), *attributes])


def names(patterns):
    for pattern in patterns:
        yield from names(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern.name]


@pytest.mark.django_db(transaction=True)
def test_every_account_page_and_mail_is_dutch(client, other, user):
    cache.clear()
    seen = set()
    for response in walk(client, other, user):
        path = response.request["PATH_INFO"]
        assert (path, response.status_code, ENGLISH.findall(words_of(response))) == (path, 200, [])
        seen.add(response.resolver_match.url_name)
    area = next(one for one in get_resolver().url_patterns if str(one.pattern) == "account/")
    assert set(names(area.url_patterns)) - seen == NOT_PAGES
    for message in mail.outbox:
        found = ENGLISH.findall(re.sub(r"https?://\S+", "", f"{message.subject} {message.body}"))
        assert (message.subject, found, "example.com" in message.body) == (message.subject, [], False)
