"""Deleting an account: asked twice, then at once, with everything that was held of it."""

import threading
import time
from contextlib import suppress

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import IntegrityError, connection, transaction

from accounts.models import Follow, User
from accounts.my_data import PARTS, erase
from calls.models import Call
from tests.factories import EditorFactory, ThemeFactory, UserFactory
from tests.held import fill
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock_stands_still")]
DELETE = "/mijn/verwijderen/"


@pytest.fixture
def proven(client, user):
    """Somebody who has just given their password once more."""
    client.log_in(user)
    client.post("/account/reauthenticate/", {"password": client.PASSWORD})
    return client


def test_deleting_asks_for_the_password_first(client, user):
    client.log_in(user)
    for ask in (client.get, client.post):
        assert ask(DELETE)["Location"] == "/account/reauthenticate/?next=%2Fmijn%2Fverwijderen%2F"
    assert User.objects.filter(pk=user.pk).exists()


def test_the_page_says_what_goes_and_deletes_nothing(proven, user):
    page = text(proven.get(DELETE))
    assert (
        f"Het account {user.email} verdwijnt meteen en voorgoed. Niemand kan het terughalen. Dit verdwijnt mee:"
        in page
    )
    assert "Verwijder mijn account voorgoed Nee, behoud het" in page
    assert ("de redactie van uw wijzigingen" in page, User.objects.count()) == (False, 1)


def test_one_button_deletes_all_and_logs_out(proven, other, user):
    other.log_in(user)
    fill(user)
    keys = list(
        UserSession.objects.filter(user=user)
        .exclude(session_key__startswith="geheim")
        .values_list("session_key", flat=True)
    )
    assert (len(keys), Session.objects.filter(session_key__in=keys).count()) == (2, 2)
    response = proven.post(DELETE)
    assert (response.status_code, response["Location"]) == (302, "/")
    page = proven.get("/")
    assert "Uw account is verwijderd, met alles wat we ervan bijhielden." in text(page)
    assert "Inloggen" in text(page)
    assert Session.objects.count() == 0
    assert other.get("/mijn/")["Location"] == "/account/login/?next=/mijn/"
    assert other.log_in(user).status_code == 200


def test_nothing_remains_and_what_is_of_others_stays(user):
    other = UserFactory()
    fill(other)
    fill(user)
    pk, email = user.pk, user.email
    kept = {name: rows(other).count() for name, (rows, _columns) in PARTS.items()}
    assert erase(user) is True
    assert {name: rows(User(pk=pk, email=email)).count() for name, (rows, _columns) in PARTS.items()} == dict.fromkeys(
        PARTS, 0
    )
    for field in User._meta.get_fields(include_hidden=True):
        if field.auto_created and field.is_relation:
            column = field.field.name
            assert not field.related_model._base_manager.filter(**{column: pk}).exists(), field
    assert {name: rows(other).count() for name, (rows, _columns) in PARTS.items()} == kept
    assert (Call.objects.count(), Group.objects.filter(name="Lezers").count()) == (1, 1)


def test_no_table_mentions_somebody_who_is_gone(user):
    """Whatever table is added later: neither the address nor the name of the account stands anywhere."""
    fill(user)
    erase(user)
    for model in apps.get_models(include_auto_created=True):
        assert [row for row in model._base_manager.values() if user.email in str(row)] == [], model


def test_pressing_twice_is_pressing_once(proven, user):
    assert [erase(user), erase(user)] == [True, True]
    assert proven.post(DELETE)["Location"] == f"/account/login/?next={DELETE}"


def test_a_form_that_waited_too_long_asks_for_the_password_and_goes_on(client, user):
    client.log_in(user)
    assert client.post(DELETE).status_code == 302
    response = client.post(
        "/account/reauthenticate/?next=/mijn/verwijderen/", {"password": client.PASSWORD, "next": DELETE}
    )
    assert (response["Location"], User.objects.count()) == ("/", 0)


def test_the_last_superuser_stays(client):
    chief = EditorFactory(is_superuser=True)
    EditorFactory(is_superuser=True, is_active=False)
    client.log_in(chief)
    client.post("/account/reauthenticate/", {"password": client.PASSWORD})
    page = text(client.get(DELETE))
    assert "U bent de enige die deze site nog beheert, dus dit account kan niet verwijderd worden." in page
    assert "Verwijder mijn account voorgoed" not in page
    assert client.post(DELETE)["Location"] == DELETE
    assert User.objects.filter(pk=chief.pk).exists()
    EditorFactory(is_superuser=True)
    assert "wat de redactie van uw wijzigingen noteerde" in text(client.get(DELETE))
    assert client.post(DELETE)["Location"] == "/"
    assert not User.objects.filter(pk=chief.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_two_superusers_at_once_do_not_both_go():
    chiefs = [EditorFactory(is_superuser=True) for _ in range(2)]
    done = []

    def leave(user):
        done.append(erase(user))
        connection.close()

    others = [threading.Thread(target=leave, args=[user]) for user in chiefs]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join()
    assert (sorted(done), User.objects.filter(is_superuser=True).count()) == ([False, True], 1)


@pytest.mark.django_db(transaction=True)
def test_what_comes_in_while_an_account_goes_does_not_stay():
    user, theme = UserFactory(), ThemeFactory()

    def follow():
        with suppress(IntegrityError):
            Follow.objects.create(user=user, theme=theme)
        connection.close()

    with transaction.atomic():
        erase(user)
        other = threading.Thread(target=follow)
        other.start()
        time.sleep(0.3)
    other.join()
    assert (User.objects.count(), Follow.objects.count()) == (0, 0)


def test_no_mail_is_sent_about_it(proven):
    mail.outbox.clear()
    proven.post(DELETE)
    assert mail.outbox == []
