"""A new SECRET_KEY: what was signed before lives on while the old key is a fallback, and not a moment longer."""

import pytest
from django.test import override_settings

from accounts.models import Notice
from accounts.unsubscribe import address
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
OLD, NEW = "oude-sleutel-" * 5, "nieuwe-sleutel-" * 5
with_old = override_settings(SECRET_KEY=OLD)
with_both = override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD])
with_new = override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[])


@pytest.fixture
def member(client):
    with with_old:
        client.force_login(UserFactory())
        assert client.get("/mijn/").status_code == 200
    return client


def test_a_session_of_before_lives_on_and_is_signed_anew(member):
    for keys in (with_both, with_new):
        with keys:
            assert member.get("/mijn/").status_code == 200


def test_a_session_that_did_not_come_by_meanwhile_ends_with_its_key(member):
    with with_new:
        response = member.get("/mijn/")
    assert (response.status_code, response["Location"]) == (302, "/account/login/?next=/mijn/")


@pytest.mark.parametrize(("keys", "status"), [(with_both, 200), (with_new, 404)])
def test_the_link_of_a_mail_sent_before(client, settings, keys, status):
    with with_old:
        link = address(UserFactory(), Notice.Kind.NEW)
    with keys:
        assert client.get(link.removeprefix(settings.SITE_URL)).status_code == status
