"""Following themes: a visitor's choice in the session, a user's in rows, and the way from the one to the other."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier, Event

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import Client
from django.utils.cache import add_never_cache_headers
from django.http import HttpResponse

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
FORMS = ["/themas/migratie/volgen/?next=/oproepen/", "/account/login/", "/account/signup/?next=/", "/account/password/reset/"]
ODD_CHOICES = [["1", "2"], [None], {"1": 2}, {}, None, "1", 1, True, [[1]], [1.5], [-1], [2**70], [True, 10**9]]
pytestmark = pytest.mark.django_db


@pytest.fixture
def theme(db):
    return ThemeFactory(name="Migratie", contact=ContactFactory(name="An Peeters"))


@pytest.fixture
def content(theme):
    """One row for every kind of public page."""
    CallFactory(title="Opvang", themes=[theme], fund=FundFactory(abbreviation="AMIF"))


@pytest.fixture
def visitor(client, theme):
    """A visitor who has chosen Migratie."""
    choose(client, theme)
    client.cookies.pop("messages")
    return client


def choose(client, theme, wanted="yes", **data):
    return client.post(f"/themas/{theme.slug}/volgen/", {"follow": wanted} | data)


def text(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def banner(response):
    found = re.search(r'<div class="notice banner".*?</div>', response.content.decode(), re.DOTALL)
    return found[0] if found else ""


def messages(client, path="/themas/"):
    return [unescape(m) for m in re.findall(r'<li class="message \w+">(.*?)</li>', client.get(path).content.decode())]


def followed(user):
    return sorted(user.themes.values_list("name", flat=True))


def log_in(client, user, **data):
    return client.post("/account/login/", {"login": user.email, "password": PASSWORD} | data)


def sign_up(client, email, **data):
    return client.post("/account/signup/", {"email": email, "password1": PASSWORD, "password2": PASSWORD} | data)


def mailed_code():
    return re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mail.outbox[-1].body, re.MULTILINE)[0]
