"""The audit log: what people do with their account is written down, once, and in one query."""

import logging
import re
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP, generate_totp_secret
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, connection

from accounts.audit import record
from accounts.models import User
from tests.audit import rows
from tests.browser import totp_code
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock_stands_still")]


@pytest.fixture(autouse=True)
def commits(django_capture_on_commit_callbacks):
    """What waits for a commit is done where `done` is asked; a test's own transaction never ends."""
    return django_capture_on_commit_callbacks


@pytest.fixture
def done(commits):
    def do(act, *arguments, **named):
        with commits(execute=True):
            return act(*arguments, **named)

    return do


@pytest.fixture
def proven(client, user):
    """Somebody who has just given their password once more."""
    client.log_in(user)
    client.post("/account/reauthenticate/", {"password": client.PASSWORD})
    return client


@pytest.fixture
def secret(user):
    """Of the second factor that the user has."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


# In and out ----------------------------------------------------------------------------------------------------------


def test_a_log_in_with_the_way_it_went_and_a_log_out(client, user, done):
    done(client.log_in, user)
    done(client.post, "/account/logout/")
    assert rows() == [("login", user, None, "wachtwoord"), ("logout", user, None, "")]


def test_sessions_that_are_ended_from_another_browser(client, other, user, done):
    for browser in (client, other):
        done(browser.log_in, user)
    done(client.post, "/account/sessions/")
    assert rows()[2:] == [("logout", user, None, "in een andere browser")]


def test_a_log_in_with_a_mailed_code(client, user, done):
    done(client.post, "/account/login/code/", {"email": user.email})
    assert rows() == []
    code = re.search(r"^[A-Z0-9-]{6,9}$", mail.outbox[-1].body, re.MULTILINE)[0]
    done(client.post, "/account/login/code/confirm/", {"code": code})
    assert rows() == [("login", user, None, "gemailde code")]


def test_a_log_in_counts_after_its_last_step(client, user, secret, done):
    done(client.log_in, user)
    assert rows() == []
    done(client.post, "/account/2fa/authenticate/", {"code": totp_code(secret)})
    assert rows() == [("login", user, None, "wachtwoord, authenticator-app")]


def test_signing_up_is_a_log_in_and_no_change_of_address(client, done):
    done(client.sign_up, "nieuw@example.org")
    done(client.confirm)
    assert rows() == [("login", User.objects.get(), None, "")]


# Passwords, addresses, second factors --------------------------------------------------------------------------------


def test_a_changed_password(client, user, done):
    client.log_in(user)
    new = {"oldpassword": client.PASSWORD, "password1": "nog-een-wachtwoord", "password2": "nog-een-wachtwoord"}
    done(client.post, "/account/password/change/", new)
    assert rows() == [("logout", user, None, ""), ("password", user, None, "")]


def test_a_first_password(client, user, done):
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    new = {"password1": "nog-een-wachtwoord", "password2": "nog-een-wachtwoord"}
    done(client.post, "/account/password/set/", new)
    assert ("password", user, None, "") in rows()


def test_a_forgotten_password(client, user, done):
    client.post("/account/password/reset/", {"email": user.email})
    form = client.get(re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1], follow=True)
    new = {"password1": "nog-een-wachtwoord", "password2": "nog-een-wachtwoord"}
    done(client.post, form.request["PATH_INFO"], new)
    assert rows() == [("password", user, None, "met een gemailde link")]


def test_a_changed_address_without_the_addresses(proven, user, done):
    done(proven.post, "/account/email/", {"email": "ander@example.org", "action_add": ""})
    assert rows() == []
    done(proven.confirm)
    assert User.objects.get().email == "ander@example.org"
    assert rows() == [("email", user, None, "")]


@pytest.mark.django_db(transaction=True)
def test_second_factors_that_come_and_go(proven, user):
    proven.get("/account/2fa/totp/activate/")
    code = totp_code(proven.session[SECRET_SESSION_KEY])
    proven.post("/account/2fa/totp/activate/", {"code": code})
    proven.post("/account/2fa/recovery-codes/generate/")
    proven.post("/account/2fa/totp/deactivate/")
    assert rows() == [
        ("login", user, None, "wachtwoord"),
        ("factor added", user, None, "authenticator-app"),
        ("factor added", user, None, "herstelcodes"),
        ("factor added", user, None, "herstelcodes"),
        ("factor removed", user, None, "authenticator-app"),
        ("factor removed", user, None, "herstelcodes"),
    ]


def test_a_key_that_goes(proven, user, done):
    key = Authenticator.objects.create(user=user, type="webauthn", data={"name": "Sleutel", "credential": {}})
    done(proven.post, f"/account/2fa/webauthn/keys/{key.pk}/remove/")
    assert rows() == [("factor removed", user, None, "beveiligingssleutel of toegangssleutel")]


# One's own data ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "written"), [("get", 1), ("post", 1), ("head", 0)])
def test_downloading_ones_data(member, user, done, method, written):
    done(getattr(member, method), "/mijn/gegevens/gegevens.json")
    assert rows() == [("download", user, None, "")] * written


def test_deleting_ones_account_leaves_rows_that_name_nobody(client, user, done):
    other = UserFactory()
    done(client.log_in, user)
    done(record, "login", pk=other.pk)
    client.post("/account/reauthenticate/", {"password": client.PASSWORD})
    done(client.post, "/mijn/verwijderen/")
    assert not User.objects.filter(pk=user.pk).exists()
    assert rows() == [
        ("login", None, None, "wachtwoord"),
        ("login", other, None, ""),
        ("deleted", None, None, "door de gebruiker zelf"),
    ]


def test_a_superuser_made_by_command(done, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "een-lang-wachtwoord")
    done(call_command, "createsuperuser", email="chef@example.org", interactive=False, stdout=StringIO())
    assert rows() == [("rights", User.objects.get(), None, "+ supergebruikerstatus")]


# The writing itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "password", "kind"),
    [
        (None, "een-lang-wachtwoord", "login"),
        (None, "fout", "wrong password"),
        ("niemand@example.org", "fout", "wrong password"),
    ],
)
def test_a_log_in_costs_one_query_more(client, user, commits, address, password, kind, django_assert_num_queries):
    with commits() as waiting:
        client.post("/account/login/", {"login": address or user.email, "password": password})
    assert rows() == []
    with django_assert_num_queries(1):
        for write in waiting:
            write()
    assert rows() == [(kind, None if address else user, None, "wachtwoord" if kind == "login" else "")]


def test_an_event_of_an_account_that_just_went_names_nobody(user, done):
    User.objects.filter(pk=user.pk).delete()
    done(record, "logout", pk=user.pk, by=user)
    done(record, "rights", detail="+ x" * 100)
    assert [(row[:3], len(row[3])) for row in rows()] == [(("logout", None, None), 0), (("rights", None, None), 200)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("password", ["een-lang-wachtwoord", "fout"])
def test_an_event_that_cannot_be_written_stops_no_log_in(client, user, caplog, password):
    def refuse(execute, sql, *query):
        if sql.startswith('INSERT INTO "accounts_auditevent"'):
            raise DatabaseError("disk full")
        return execute(sql, *query)

    logging.getLogger("django").addHandler(caplog.handler)
    with connection.execute_wrapper(refuse):
        response = client.post("/account/login/", {"login": user.email, "password": password})
    logging.getLogger("django").removeHandler(caplog.handler)
    assert response.status_code == (200 if password == "fout" else 302)
    assert (rows(), [line.levelname for line in caplog.records]) == ([], ["ERROR"])
