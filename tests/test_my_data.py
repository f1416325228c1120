"""What the site holds of somebody: the page, the file, and deleting all of it."""

import json
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from accounts.models import Follow, Message, Notice, SavedSearch, User
from accounts.my_data import PARTS, erase, held_of
from tests.factories import CallFactory, ThemeFactory, UserFactory, brussels
from tests.held import fill
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock_stands_still")]
PAGE, FILE, DELETE = "/mijn/gegevens/", "/mijn/gegevens/gegevens.json", "/mijn/verwijderen/"
# What refers to a user or stands in their row, and is not in the file as such.
LEFT_OUT = {
    "accounts.User.id": "a number that means nothing outside the database",
    "accounts.User.password": "a secret, even in the form in which it is kept; the file says whether there is one",
    "accounts.User.private_key": "a secret; the file says whether there is one",
}
# Asked for by name in the part about the account.
IN_ACCOUNT = {"accounts.User_groups": "groups", "accounts.User_user_permissions": "rights"}
NAMED_OTHERWISE = {"password": "has_password", "private_key": "has_private_addresses"}


def relations():
    """The name of every model that refers to a user, hidden ones too."""
    fields = User._meta.get_fields(include_hidden=True)
    return {field.related_model._meta.label for field in fields if field.auto_created and field.is_relation}


def data_of(client):
    return json.loads(client.get(FILE).content)


# The file ------------------------------------------------------------------------------------------------------------


def test_every_model_that_refers_to_a_user_is_in_the_file(user):
    fill(user)
    held = held_of(user)
    parts = {name: rows(user).model._meta.label for name, (rows, _columns) in PARTS.items()}
    assert relations() - set(parts.values()) == set(IN_ACCOUNT)
    assert [name for name in parts if not held[name]] == []
    assert [name for name in IN_ACCOUNT.values() if not held["account"][name]] == []


def test_every_column_of_a_user_is_in_the_file_or_left_out_for_a_reason(user):
    held = held_of(user)
    names = {name for part in ("account", "preferences", "mail") for name in held[part]}
    columns = {f"accounts.User.{field.name}" for field in User._meta.concrete_fields if field.name not in names}
    assert columns == set(LEFT_OUT)
    assert {NAMED_OTHERWISE[name] for name in ("password", "private_key")} <= names


def test_the_file_holds_everything_of_this_user_and_no_secret(member, user):
    User.objects.update(
        first_name="Lies", last_login=None, date_joined=brussels(2026, 3, 1, 9), private_key="GEHEIM", told_until=3
    )
    other = UserFactory()
    fill(user)
    fill(other)
    response = member.get(FILE)
    held = json.loads(response.content)
    about = {name: held.pop(name) for name in ("account", "preferences", "mail")}
    assert about == {
        "account": {
            "email": user.email,
            "first_name": "Lies",
            "last_name": "",
            "date_joined": "2026-03-01T09:00:00+01:00",
            "last_login": None,
            "is_active": True,
            "is_staff": False,
            "is_superuser": False,
            "groups": ["Lezers"],
            "rights": [str(Permission.objects.get(codename="view_call"))],
            "has_password": True,
            "has_private_addresses": True,
        },
        "preferences": {
            "digest": "weekly",
            "remind_of": "all",
            "reminder_days": [14, 1],
            "tells_changes": True,
            "tells_next_editions": True,
        },
        "mail": {"digest_on": None, "told_until": 3, "bounced_at": None, "bounce": ""},
    }
    now = held["made_at"]
    assert held == {
        "made_at": now,
        "email_addresses": [{"email": user.email, "verified": True, "primary": True}],
        "second_factors": [{"type": "totp", "created_at": now, "last_used_at": None}],
        "sessions": [{"ip": "192.0.2.7", "browser": "Firefox", "since": now, "last_seen_at": now}],
        "followed_themes": [{"theme": "Migratie", "since": now}],
        "choices_about_calls": [{"kind": "saved", "call": "Taal", "slug": "taal", "reminder_days": [7], "since": now}],
        "saved_searches": [{"name": "Alles over taal", "filters": "q=taal", "since": now}],
        "notices": [{"kind": "reminder", "call": "Taal", "slug": "taal", "about": "2026-03-16 14", "told_at": now}],
        "mails": [
            {"to": user.email, "subject": subject, "written_at": now, "attempts": attempts}
            | {"sent_at": None, "failed_at": None, "error": ""}
            for subject, attempts in [("Nieuw", 0), ("Uw inlogcode", 1)]
        ],
        "log_by_you": [{"at": now, "what": CHANGE, "of": "Taal", "changed": "Titel gewijzigd."}],
        "versions_by_you": [{"at": now, "comment": "Titel gewijzigd."}],
        "decisions_by_you": [{"at": now, "decision": "kept", "record": f"AMIF-{user.pk}", "field": ""}],
        "log_about_you": [{"at": now, "what": CHANGE, "changed": "Tweede stap verwijderd."}],
        "account_events": [{"at": now, "what": "rights", "detail": "+ VLEVA-lezers"}],
        "account_events_by_you": [{"at": now, "what": "password", "detail": ""}],
    }
    file = response.content.decode()
    assert [word for word in ("GEHEIM", "geheim", other.email, user.password) if word in file] == []


def test_it_is_a_file_that_nobody_keeps(member):
    for response in (member.get(FILE), member.post(FILE)):
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")
        assert re.fullmatch(
            r'attachment; filename="vleva-mijn-gegevens-\d{4}-\d\d-\d\d\.json"', response["Content-Disposition"]
        )
        assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_mails_to_an_address_that_is_not_proven_are_not_shown(member, user):
    """Whoever types the address of somebody else must not read when that person logs in."""
    EmailAddress.objects.create(user=user, email="ander@example.org", verified=False, primary=False)
    Message.objects.create(recipient="ander@example.org", subject="Uw inlogcode", content=b"x")
    Message.objects.create(user=UserFactory(), recipient=user.email, subject="Van een ander", content=b"x")
    assert data_of(member)["mails"] == []
    erase(user)
    assert Message.objects.count() == 2


@pytest.mark.parametrize("rows", [1, 3])
def test_queries(member, user, rows, django_assert_num_queries):
    for _ in range(rows):
        Notice.objects.create(user=user, call=CallFactory(), kind="new")
        SavedSearch.objects.create(user=user, name="x", state=str(SavedSearch.objects.count()))
        Follow.objects.create(user=user, theme=ThemeFactory())
    ContentType.objects.get_for_model(User)
    for path, number in [(PAGE, 17), (FILE, 19)]:
        with django_assert_num_queries(number):
            member.get(path)


# The page ------------------------------------------------------------------------------------------------------------


def test_the_page_says_in_words_what_there_is(member, user):
    User.objects.update(date_joined=brussels(2026, 3, 1, 9), first_name="Lies", last_name="Peeters", private_key="k")
    fill(user)
    page = text(member.get(PAGE))
    assert page[page.index("Account") :].startswith(
        f"Account {user.email} · Lies Peeters sinds 1 maart 2026"
        " Om in te loggen een wachtwoord, in een vorm die niemand kan lezen · 1 tweede stap"
        " Waar u ingelogd bent 1 browser: het adres (IP), de soort en het tijdstip. Bekijk hem"
        " Wat u volgt 1 thema · 1 bewaarde zoekopdracht · 1 keuze over een oproep Bekijk en wijzig het"
        " Welke mails u wilt Uw voorkeuren · uw eigen agenda en feed"
        " Wat we u meldden 1 bericht · 2 mails"
        " Wat er met uw account gebeurde 1 gebeurtenis, zoals inloggen of een wijziging"
        " Op de redactie 1 wijziging door u · 1 wijziging van uw account"
        " 1 versie van een oproep door u · 1 beslissing van u over het EU-portaal"
        " Hoelang we wat bewaren, staat op de pagina over privacy ."
    )


def test_the_page_leaves_out_the_desk_for_who_has_nothing_there(member):
    assert "Op de redactie" not in text(member.get(PAGE))


@pytest.mark.parametrize("path", [PAGE, FILE, DELETE])
def test_a_visitor_must_log_in_first(client, path):
    for response in (client.get(path), client.post(path)):
        assert (response.status_code, response["Location"]) == (302, f"/account/login/?next={path}")
