"""What an operator or developer relies on: limits that hold, mails that can be read, no secret in the image."""

from fnmatch import fnmatch
from io import StringIO
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage

from accounts.following import follow
from funds.models import Theme
from portal.mail import ReadableConsole
from tests.reading import titles

ROOT = Path(__file__).parent.parent


@pytest.mark.django_db
def test_a_flood_of_visitors_does_not_wipe_out_a_count():
    cache.set("a-limit", 5)
    cache.set_many({f"visitor-{number}": 1 for number in range(700)})
    assert cache.get("a-limit") == 5


def test_mails_on_the_screen_are_plain_text():
    screen = StringIO()
    body = f"Dag – uw code: ABCD-EFGH. Of klik: https://example.org/{'x' * 200}/"
    ReadableConsole(stream=screen).send_messages([EmailMessage("Bevestig", body, to=["an@example.org"])])
    line = "-" * 79
    assert screen.getvalue() == f"{line}\nTo: an@example.org\nSubject: Bevestig\n\n{body}\n{line}\n"


@pytest.mark.parametrize("ignored", [".gitignore", ".dockerignore"])
@pytest.mark.parametrize("secret", ["production.env", ".env", ".env.local", "portal.sqlite3"])
def test_secrets_stay_out_of_git_and_of_the_image(ignored, secret):
    assert any(fnmatch(secret, pattern) for pattern in (ROOT / ignored).read_text().split())


@pytest.mark.usefixtures("five_pages")
def test_who_follows_a_main_theme_finds_the_calls_below_it(user, member):
    follow(user, [Theme.objects.get(slug="eu-algemeen").pk])
    response = member.get("/mijn/")
    assert len(titles(response)) == 5
    assert response.content.decode().count("✓ Migratie") == 5
