"""What keeps pages, forms and the production settings safe."""

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core import mail
from django.test import Client
from django.urls import reverse

from calls.models import Call
from contacts.models import Contact
from tests.account_pages import walk
from tests.factories import AT_THE_DESK, ContactFactory, EditorFactory, ThemeFactory

ROOT = Path(__file__).parent.parent
POLICY = (
    "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'"
)
WRITTEN_BY_THE_SITE = AT_THE_DESK | {"admin.LogEntry", "accounts.AuditEvent"}
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PUBLIC = [
    *["/", "/oproepen/", "/oproepen/?pagina=9&kleur=rood", "/fondsen/", "/fondsen/amif-2014-2020/"],
    *["/themas/", "/themas/migratie/", "/themas/migratie/volgen/", "/contacten/", "/toegankelijkheid/", "/privacy/"],
    *["/bestaat-niet/", "/call/migratie/participation-migrants/"],
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(client):
    """A superuser with a second factor."""
    user = EditorFactory(is_superuser=True)
    Authenticator.objects.create(user=user, type="totp", data={})
    client.force_login(user)
    return client


@pytest.fixture
def theme():
    return ThemeFactory()


def security_headers(response):
    return {name: re.sub(r" 'nonce-[\w-]+'", "", response.headers.get(name, "")) for name in HEADERS}


# Headers -------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize("path", [*PUBLIC, "/healthz/", "/readyz/", "/robots.txt", "/mijn/", "/account/login/"])
def test_every_page_has_the_security_headers(client, path):
    response = client.get(path)
    assert (security_headers(response), "nonce" in response["Content-Security-Policy"]) == (HEADERS, False)


@pytest.mark.parametrize("path", ["/beheer/", "/beheer/calls/call/add/", "/account/2fa/", "/mijn/"])
def test_pages_behind_the_log_in_have_them_too(chief, path):
    response = chief.get(path)
    assert (response.status_code, security_headers(response)) == (200, HEADERS)


def test_errors_and_redirects_have_them_too(client, member, monkeypatch, theme):
    refused = Client(enforce_csrf_checks=True, raise_request_exception=False)
    responses = [
        client.post("/"), refused.post("/account/login/"), client.post("/themas/x/volgen/"),
        client.post(f"/themas/{theme.slug}/volgen/"), member.get("/beheer/login/"),
    ]  # fmt: skip
    monkeypatch.setattr("calls.finder.found", lambda data: 1 / 0)
    responses.append(refused.get("/oproepen/"))
    assert [response.status_code for response in responses] == [405, 403, 302, 400, 403, 500]
    assert [security_headers(response) for response in responses] == [HEADERS] * 6


# Nothing inline ------------------------------------------------------------------------------------------------------


class Inline(HTMLParser):
    """Collects code and style inside a page. The text editor's import map may be there: no file can hold it."""

    def __init__(self, response):
        super().__init__()
        self.faults = []
        self.policy = response["Content-Security-Policy"]
        self.feed(response.content.decode())

    def is_data(self, attributes):
        """Runs nothing itself; the import map only counts with the nonce of this very answer."""
        known = f"'nonce-{attributes.get('nonce')}'" in self.policy
        data = ("application/json", "application/ld+json")
        return attributes.get("type") in data or (attributes.get("type") == "importmap" and known)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "style" or (tag == "script" and "src" not in attributes and not self.is_data(attributes)):
            self.faults.append(self.get_starttag_text())
        for name, value in attributes.items():
            if name == "style" or name.startswith("on") or "javascript:" in (value or "").lower():
                self.faults.append(f"{tag} {name}={value}")


def faults(response):
    return [(response.request["PATH_INFO"], fault) for fault in Inline(response).faults]


@pytest.mark.usefixtures("five_pages")
def test_public_pages_hold_no_code_and_no_style(client, member):
    paths = PUBLIC + [call.get_absolute_url() for call in Call.objects.all()]
    for visitor in (client, member):
        assert [fault for path in paths for fault in faults(visitor.get(path))] == []
    assert faults(member.get("/mijn/")) == []


@pytest.mark.usefixtures("clock_stands_still")
def test_account_pages_hold_no_code_and_no_style(client, other, user):
    assert [fault for response in walk(client, other, user) for fault in faults(response)] == []


@pytest.mark.usefixtures("five_pages")
def test_pages_of_the_editors_desk_hold_no_code_and_no_style(chief):
    paths = ["/beheer/", "/beheer/calls/", "/beheer/calls/call/?status=closed&q=asiel"]
    for model in admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths.append(reverse(f"{base}_changelist"))
        if model._meta.label in WRITTEN_BY_THE_SITE:
            continue
        paths += [reverse(f"{base}_add"), reverse(f"{base}_add") + "?_popup=1"]
        row = model.objects.first()
        paths += [reverse(f"{base}_{page}", args=[row.pk]) for page in ("change", "delete", "history")] if row else []
    responses = [chief.get(path) for path in paths]
    assert {response.status_code for response in responses} == {200}
    assert [fault for response in responses for fault in faults(response)] == []


# Forms and methods ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", [p for p in PUBLIC if "bestaat" not in p and "volgen" not in p and "/call/" not in p])
def test_public_pages_can_only_be_read(client, path, method):
    response = getattr(client, method)(path)
    assert (response.status_code, response.cookies.output()) == (405, "")


@pytest.mark.parametrize("path", ["/account/login/", "/account/signup/", "/themas/x/volgen/", "/account/logout/"])
def test_a_form_from_elsewhere_is_refused_in_dutch(path):
    response = Client(enforce_csrf_checks=True).post(path, {"follow": "yes"})
    assert (response.status_code, response.templates[0].name) == (403, "403_csrf.html")
    assert "Probeer" in response.content.decode()


def test_a_refused_form_is_read_to_its_end():
    """Who still sends when the connection closes sees that, and not our page."""
    form = {"path": "/beheer/", "data": b"x", "CONTENT_LENGTH": 300_000, "wsgi.input": BytesIO(b"x" * 300_000)}
    response = Client(enforce_csrf_checks=True).generic("POST", **form)
    assert (response.status_code, form["wsgi.input"].read()) == (403, b"")


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", ""])
def test_a_request_for_another_host_is_refused_in_dutch_and_mails_nothing(client, user, host):
    for response in (
        client.get("/", headers={"host": host}),
        client.post("/account/password/reset/", {"email": user.email}, headers={"host": host}),
    ):
        assert (response.status_code, response.templates[0].name) == (400, "400.html")
        assert "Naar de startpagina" in response.content.decode()
    client.post("/account/password/reset/", {"email": user.email}, headers={"x-forwarded-host": host})
    assert [re.search(r"https?://([^/]+)", message.body)[1] for message in mail.outbox] == ["testserver"]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client, theme):
    cookies = client.choose(theme).cookies
    assert {name: (cookie["httponly"], cookie["samesite"]) for name, cookie in cookies.items()} == {
        "sessionid": (True, "Lax"),
        "messages": (True, "Lax"),
    }
    assert client.get(f"/themas/{theme.slug}/volgen/").cookies["csrftoken"]["samesite"] == "Lax"


def test_only_pages_for_everybody_are_compressed(client, member, other, theme):
    """A compressed page with a secret in it tells that secret by its length (BREACH)."""

    def encoding(visitor, path, accepted="gzip, deflate, br"):
        return visitor.get(path, headers={"accept-encoding": accepted}).headers.get("Content-Encoding")

    assert [encoding(client, path) for path in ("/", "/privacy/")] == ["br", "br"]
    assert [encoding(client, "/", accepted) for accepted in ("gzip", "br;q=0, gzip", "")] == ["gzip", "gzip", None]
    assert [encoding(client, path) for path in (f"/themas/{theme.slug}/volgen/", "/account/login/")] == [None, None]
    other.choose(theme)
    assert [encoding(other, "/"), encoding(member, "/"), encoding(member, "/mijn/")] == [None, None, None]


def test_a_process_keeps_no_page_content_between_readers(client):
    for organisation in ("VLEVA", "VLEVA Brussel"):
        ContactFactory(organisation=organisation, name="")
        assert organisation in client.read("/privacy/")
    Contact.objects.all().delete()
    assert "VLEVA Brussel" not in client.read("/privacy/")


def test_only_pages_for_everybody_may_stay_in_a_shared_cache(client, member, other, theme):
    assert [client.get(path).headers.get("Cache-Control") for path in ("/", "/oproepen/", "/privacy/")] == [None] * 3
    other.choose(theme)  # its next page shows the message
    assert [other.get("/").headers["Cache-Control"] for _ in range(2)] == ["private", "private"]
    pages = ["/", "/themas/", "/account/email/", "/account/sessions/"]
    assert [member.get(path).headers["Cache-Control"] for path in pages] == ["private"] * 4
    assert member.get("/mijn/").headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
