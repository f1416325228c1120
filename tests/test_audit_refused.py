"""What the audit log says of log-ins that fail, and that it tells nobody who has an account."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from tests.audit import rows
from tests.conftest import Person
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock_stands_still")]
NOBODY = "niemand@example.org"
LOGIN, CODE, CONFIRM = "/account/login/", "/account/login/code/", "/account/login/code/confirm/"
SECOND = "/account/2fa/authenticate/"
NO_KEY = '["no key"]'


@pytest.fixture
def done(django_capture_on_commit_callbacks):
    def do(act, *arguments, **named):
        with django_capture_on_commit_callbacks(execute=True):
            return act(*arguments, **named)

    return do


@pytest.fixture
def halfway(client, user):
    """Somebody who gave the right password, and must give a second factor."""
    TOTP.activate(user, generate_totp_secret())
    client.log_in(user)
    return client


def kinds():
    return [(kind, user) for kind, user, _by, _detail in rows()]


def test_a_wrong_password_is_of_the_account_if_there_is_one(client, user, done):
    done(client.post, LOGIN, {"login": user.email.upper(), "password": "fout"})
    done(client.post, LOGIN, {"login": NOBODY, "password": "fout"})
    done(client.post, LOGIN, {"login": user.email, "password": ""})
    assert kinds() == [("wrong password", user), ("wrong password", None)]


def test_an_account_that_is_blocked_does_not_log_in(client, user, done):
    User.objects.update(is_active=False)
    done(client.log_in, user)
    assert kinds() == [("wrong password", user)]


def test_a_wrong_password_before_something_that_matters(member, user, done):
    done(member.post, "/account/reauthenticate/", {"password": "fout"})
    assert kinds() == [("wrong password", user)]


@pytest.mark.parametrize("address", ["known", NOBODY])
def test_too_many_attempts_are_noted_as_such(client, user, done, address):
    for _ in range(7):
        done(client.post, LOGIN, {"login": user.email if address == "known" else address, "password": "fout"})
    whose = user if address == "known" else None
    assert kinds() == [("wrong password", whose)] * 5 + [("locked", whose)] * 2


def test_a_wrong_second_factor_and_too_many_of_them(halfway, user, done):
    for _ in range(6):
        done(halfway.post, SECOND, {"code": "000000"})
    done(halfway.post, SECOND, {"code": ""})
    assert kinds() == [("wrong factor", user)] * 5 + [("locked", user)]


def test_a_wrong_second_factor_before_something_that_matters(member, user, done):
    TOTP.activate(user, generate_totp_secret())
    done(member.post, "/account/2fa/reauthenticate/", {"code": "000000"})
    assert kinds() == [("wrong factor", user)]


def test_a_wrong_key(halfway, member, user, done):
    done(halfway.post, SECOND, {"credential": NO_KEY})
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Sleutel", "credential": {}})
    done(member.post, "/account/2fa/webauthn/reauthenticate/", {"credential": NO_KEY})
    assert kinds() == [("wrong factor", user)] * 2


def test_a_wrong_passkey_is_of_nobody(client, done):
    done(client.post, "/account/2fa/webauthn/login/", {"credential": NO_KEY})
    assert kinds() == [("wrong factor", None)]


@pytest.mark.parametrize("address", ["known", NOBODY])
def test_a_wrong_mailed_code(client, user, done, address):
    client.post(CODE, {"email": user.email if address == "known" else address})
    done(client.post, CONFIRM, {"code": "fout"})
    assert kinds() == [("wrong code", user if address == "known" else None)]


# Nobody learns from it -----------------------------------------------------------------------------------------------


def test_nothing_that_was_typed_is_kept(user, done):
    for address in (NOBODY, user.email):
        visitor = Person()
        done(visitor.post, LOGIN, {"login": address, "password": "geheim-wachtwoord"})
        visitor.post(CODE, {"email": address})
        done(visitor.post, CONFIRM, {"code": "ABCD-EFGH"})
    kept = str(list(AuditEvent.objects.values()))
    assert len(kinds()) == 4
    assert re.findall(f"{NOBODY}|{user.email}|geheim|ABCD|127.0.0.1", kept) == []


def queries(done, address, path, data):
    """How many it takes in all to fail with this address, and how many of them are about the audit log."""
    visitor = Person()
    if path == CONFIRM:
        visitor.post(CODE, {"email": address})
    with CaptureQueriesContext(connection) as captured:
        done(visitor.post, path, data)
    texts = [query["sql"] for query in captured]
    return len(texts), [text.split("(")[0].strip() for text in texts if "accounts_auditevent" in text]


# An unknown address took one query more or less before anything was written down, which is allauth's.
@pytest.mark.parametrize(("path", "difference"), [(LOGIN, 1), (CONFIRM, -1)])
def test_a_known_and_an_unknown_address_write_alike(user, done, path, difference):
    data = {"password": "fout", "code": "fout"}
    known, of_known = queries(done, user.email, path, data | {"login": user.email})
    unknown, of_unknown = queries(done, NOBODY, path, data | {"login": NOBODY})
    assert of_known == of_unknown == ['INSERT INTO "accounts_auditevent"']
    assert unknown - known == difference


def test_the_pages_say_the_same(done):
    user = UserFactory()
    pages = []
    for address in (user.email, NOBODY):
        for _ in range(6):
            response = done(Person().post, LOGIN, {"login": address, "password": "fout"})
        html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
        pages.append(html.replace(address, "ADRES"))
    assert pages[0] == pages[1]
    assert mail.outbox == []
