"""What was saved on the user's own page and in lists, its reminders, and two clicks at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from accounts import saving
from accounts.models import CallChoice
from calls.models import Call
from tests.factories import CallFactory, ThemeFactory, UserFactory
from tests.saving import choose, chosen, messages

PAST = timedelta(days=-3)
pytestmark = pytest.mark.django_db
real_transactions = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call():
    return CallFactory(title="Opvang", themes=[ThemeFactory(name="Migratie")])


@pytest.fixture
def over():
    """A call that closed."""
    return CallFactory(title="Voorbij", deadline=timezone.now() + PAST)


# Where it is seen ----------------------------------------------------------------------------------------------------


def test_my_page_shows_what_was_chosen_by_its_next_date(member, call, over):
    later = CallFactory(title="Later", deadline=timezone.now() + timedelta(days=90))
    for one in (over, later, call):
        choose(member, one)
    choose(member, over, "next")
    choose(member, CallFactory(title="Saai"), "irrelevant")
    html = member.get("/mijn/").content.decode()
    parts = re.findall(r'<section id="([\w-]+)">(.*?)</section>', html, re.DOTALL)
    titles = {name: re.findall(r'<h3><a href="/oproepen/[\w-]+/" lang="nl">(.*?)</a>', part) for name, part in parts}
    assert titles == {
        "bewaard": ["Opvang", "Later", "Voorbij"],
        "zoekopdrachten": [],
        "volgende": ["Voorbij"],
        "niet-relevant": ["Saai"],
    }
    # Only what still has a date to come can remind of it.
    assert html.count("<summary") == 2


def test_the_next_call_stands_where_somebody_waits_for_it(member, client, over):
    Call.objects.update(family="amif")
    CallFactory(title="Ontwerp", family="amif", published_at=None)
    for somebody in (client, member):
        choose(somebody, over, "next")
    assert "De volgende oproep is er" not in member.read("/mijn/") + client.read("/bewaard/")
    CallFactory(title="Nieuwe ronde", family="amif", slug="nieuwe-ronde")
    for html in (member.get("/mijn/").text, client.get("/bewaard/").text):
        assert re.findall(r'is er: <a href="([^"]+)" lang="nl">(.*?)</a>', html) == [
            ("/oproepen/nieuwe-ronde/", "Nieuwe ronde")
        ]


def test_saved_calls_are_marked_in_lists(client, member, call, over):
    choose(member, call)
    assert member.get("/oproepen/?status=alle").content.decode().count("✓ bewaard</span>") == 1
    assert member.get("/themas/migratie/").content.decode().count("✓ bewaard</span>") == 1
    assert "✓ bewaard" not in client.read("/oproepen/?status=alle")


# Reminders -----------------------------------------------------------------------------------------------------------


def remind(client, call, **data):
    return client.post(f"/oproepen/{call.slug}/herinneringen/", data)


@pytest.mark.parametrize(
    ("data", "days", "shown"),
    [
        ({"how": "own", "days": ["1", "30"]}, [30, 1], "Herinneringen: 30, 1 dagen vooraf"),
        ({"how": "own", "days": ["7", "8", "x", "7"]}, [7], "Herinneringen: 7 dagen vooraf"),
        ({"how": "none", "days": ["7"]}, [], "Herinneringen: geen"),
        ({"how": "usual", "days": ["7"]}, None, "Herinneringen: zoals mijn voorkeuren"),
    ],
)
def test_a_saved_call_has_reminders_of_its_own(member, user, call, data, days, shown):
    CallChoice.objects.create(user=user, call=call, kind="saved", reminder_days=[14])
    assert remind(member, call, **data)["Location"] == "/mijn/"
    assert (CallChoice.objects.get().reminder_days, messages(member)) == (
        days,
        ["Uw herinneringen aan deze oproep zijn gewijzigd."],
    )
    assert shown in member.read("/mijn/")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "We begrepen niet wat u wilt. Kies nog eens."),
        ({"how": "x", "days": ["7"]}, "We begrepen niet wat u wilt. Kies nog eens."),
        ({"how": "own"}, "Kies op welke dagen, of kies voor geen herinneringen."),
        ({"how": "own", "days": ["2", "-1"]}, "Kies op welke dagen, of kies voor geen herinneringen."),
    ],
)
def test_reminders_that_mean_nothing_change_nothing(member, user, call, data, words):
    CallChoice.objects.create(user=user, call=call, kind="saved", reminder_days=[14])
    assert remind(member, call, **data)["Location"] == "/mijn/"
    assert (CallChoice.objects.get().reminder_days, messages(member)) == ([14], [words])


def test_reminders_are_for_the_user_who_saved_the_call(client, member, call):
    CallChoice.objects.create(user=UserFactory(), call=call, kind="saved")
    remind(member, call, how="none")
    assert (messages(member), CallChoice.objects.get().reminder_days) == (
        ["U heeft deze oproep niet meer bewaard."],
        None,
    )
    assert remind(client, call, how="none")["Location"] == "/account/login/?next=/oproepen/opvang/herinneringen/"
    assert member.get("/oproepen/opvang/herinneringen/")["Location"] == "/mijn/"


# Two clicks at once --------------------------------------------------------------------------------------------------


def at_once(*actions):
    start = Barrier(len(actions), timeout=20)

    def run(action):
        try:
            start.wait()
            return action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return [one.result(20) for one in [pool.submit(run, action) for action in actions]]


@real_transactions
def test_a_user_who_clicks_twice_saves_once(user, client, other, call):
    client.force_login(user)
    other.force_login(user)
    for _ in range(3):
        responses = at_once(lambda: choose(client, call), lambda: choose(other, call))
        assert ([response.status_code for response in responses], chosen(user)) == ([302, 302], [("saved", "Opvang")])
        choose(client, call, wanted="no")


@real_transactions
def test_a_visitor_who_saves_two_things_at_once_keeps_both(client, other, call, over):
    choose(client, CallFactory())
    other.cookies["sessionid"] = client.cookies["sessionid"].value
    at_once(lambda: choose(client, call), lambda: choose(other, over, "next"))
    assert (client.session[saving.KEYS["saved"]][-1], client.session[saving.KEYS["next"]]) == (call.pk, [over.pk])


@real_transactions
def test_saving_a_call_while_it_is_deleted_is_no_error(user, client):
    client.force_login(user)
    for number in range(5):
        call = CallFactory(title=f"Oproep {number}")
        response, _ = at_once(lambda call=call: choose(client, call), lambda call=call: call.delete())
        assert (response.status_code, CallChoice.objects.count()) == (302, 0)
