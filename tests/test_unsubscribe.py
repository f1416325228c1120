"""Unsubscribing with one click: the link in a mail, what it stops, and that it does nothing else."""

import re

import pytest
from django.conf import settings
from django.core.signing import Signer
from django.test import Client

from accounts.models import CallChoice, Notice, User
from accounts.unsubscribe import address, headers
from tests.factories import CallFactory, ThemeFactory, UserFactory
from tests.reading import text

pytestmark = pytest.mark.django_db
ALL_ON = {"digest": "weekly", "tells_changes": True, "remind_of": "all", "tells_next_editions": True}
OFF = {
    "new": {"digest": "off"},
    "change": {"tells_changes": False},
    "reminder": {"remind_of": "off"},
    "next": {"tells_next_editions": False},
}
NAMES = {
    "new": "de mail met nieuwe oproepen",
    "change": "de mail over wijzigingen in oproepen die u volgt",
    "reminder": "de herinneringen aan deadlines die dichterbij komen",
    "next": "de mail over de volgende oproep",
}


@pytest.fixture
def reader():
    return UserFactory(email="lies.peeters@example.org")


def path(user, kind="new"):
    return address(user, kind).removeprefix(settings.SITE_URL)


def wishes(user):
    return User.objects.filter(pk=user.pk).values(*ALL_ON).get()


def one_click(link):
    """As a mail program does it: no cookie, no page before it."""
    return Client(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"})


# The headers of a mail -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Notice.Kind)
def test_a_mail_names_an_address_and_says_that_one_click_is_enough(reader, kind, settings):
    settings.SITE_URL = "https://oproepen.example.org"
    found = headers(reader, kind)
    assert re.fullmatch(
        rf"<https://oproepen\.example\.org/afmelden/{reader.pk}-{kind.value}\.[\w-]{{43}}/>", found["List-Unsubscribe"]
    )
    assert found == {
        "List-Unsubscribe": f"<{address(reader, kind)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert max(len(f"{name}: {value}") for name, value in found.items()) < 200


def test_the_address_of_a_mail_stays_the_same(reader):
    assert address(reader, "new") == address(User.objects.get(pk=reader.pk), Notice.Kind.NEW)


# What a click stops --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OFF)
def test_one_click_stops_this_kind_of_mail_and_no_other(reader, kind):
    other = UserFactory()
    for _twice in range(2):
        response = one_click(path(reader, kind))
        assert (response.status_code, wishes(reader)) == (200, ALL_ON | OFF[kind])
        assert f"In orde: l…@example.org krijgt niet langer {NAMES[kind]}." in text(response)
        assert response.cookies.output() == ""
    assert wishes(other) == ALL_ON


@pytest.mark.parametrize("kind", OFF)
def test_looking_at_the_page_stops_nothing(reader, client, kind):
    for look in (client.get, client.head):
        assert (look(path(reader, kind)).status_code, wishes(reader)) == (200, ALL_ON)
    page = text(client.get(path(reader, kind)))
    assert f"Wilt u dat l…@example.org niet langer {NAMES[kind]} krijgt? Stop deze mail Stop alle mails" in page
    assert "lies.peeters" not in page
    assert client.cookies.output() == ""


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=One-Click", b"\xff\x00=%zz", b"on=misschien&all=1"])
def test_whatever_a_mail_program_sends_the_mail_stops(reader, body):
    response = Client().post(path(reader), body, content_type="application/x-www-form-urlencoded")
    assert (response.status_code, wishes(reader)) == (200, ALL_ON | OFF["new"])


def test_multipart_works_too_as_the_standard_allows(reader):
    assert Client().post(path(reader), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert wishes(reader) == ALL_ON | OFF["new"]


@pytest.mark.parametrize("kind", OFF)
def test_it_can_be_switched_on_again_at_once(reader, client, kind):
    one_click(path(reader, kind))
    page = text(client.get(path(reader, kind)))
    assert f"l…@example.org krijgt momenteel niet {NAMES[kind]}." in page
    for _twice in range(2):
        response = client.post(path(reader, kind), {"on": "yes"})
        assert (response.status_code, wishes(reader)) == (200, ALL_ON)
        assert f"In orde: l…@example.org krijgt opnieuw {NAMES[kind]}." in text(response)


@pytest.mark.parametrize(("kind", "field", "value"), [("new", "digest", "daily"), ("reminder", "remind_of", "saved")])
def test_switching_on_again_brings_back_what_it_was(reader, client, kind, field, value):
    User.objects.update(**{field: value})
    before = re.search(r'name="before" value="(\w+)"', client.get(path(reader, kind)).content.decode())[1]
    stopped = client.post(path(reader, kind), {"before": before}).content.decode()
    before = re.search(r'name="before" value="(\w+)"', stopped)[1]
    client.post(path(reader, kind), {"on": "yes", "before": before})
    assert wishes(reader) == ALL_ON | {field: value}


@pytest.mark.parametrize("before", ["off", "hourly", "", "<script>", "é\x00"])
def test_nothing_else_can_be_switched_on(reader, client, before):
    User.objects.update(digest="off")
    response = client.post(path(reader), {"on": "yes", "before": before})
    assert (wishes(reader), "<script>" in response.content.decode()) == (ALL_ON, False)


def test_switching_on_changes_nothing_where_it_is_on(reader, client):
    User.objects.update(digest="daily")
    client.post(path(reader), {"on": "yes", "before": "weekly"})
    assert wishes(reader) == ALL_ON | {"digest": "daily"}


def test_all_mails_about_calls_can_be_stopped(reader, client):
    response = client.post(path(reader), {"all": "yes"})
    assert wishes(reader) == OFF["new"] | OFF["change"] | OFF["reminder"] | OFF["next"]
    page = text(response)
    assert "In orde: l…@example.org krijgt geen mails over oproepen meer." in page
    assert ("Stop alle" in page, "Zet deze mail weer aan" in page) == (False, True)
    client.post(path(reader), {"on": "yes"})
    assert wishes(reader) == {name: off for kind in OFF.values() for name, off in kind.items()} | {"digest": "weekly"}


def test_what_somebody_follows_stays(reader, client):
    reader.themes.add(ThemeFactory())
    CallChoice.objects.create(user=reader, call=CallFactory(), kind="saved")
    client.post(path(reader), {"all": "yes"})
    assert (reader.follows.count(), reader.call_choices.count()) == (1, 1)


def test_it_works_for_an_account_that_is_blocked(reader):
    User.objects.update(is_active=False)
    one_click(path(reader))
    assert wishes(reader)["digest"] == "off"


# What the link does not do -------------------------------------------------------------------------------------------


def broken(user):
    good = path(user).strip("/").split("/")[1]
    return {
        "cut off": good[:-1],
        "longer": good + "A",
        "without signature": good.split(".")[0],
        "another kind": good.replace("-new", "-next"),
        "another user": good.replace(f"{user.pk}-", f"{user.pk + 1}-"),
        "signed for something else": Signer(salt="elders", sep=".").sign(f"{user.pk}-new"),
        "not a word": "é%00😀",
        "nothing": ".",
        "long": "a" * 5000,
    }


def test_a_link_that_we_did_not_make_is_the_same_dutch_404_for_all(reader):
    UserFactory()
    gone = UserFactory()
    links = broken(reader) | {"user is gone": path(gone).strip("/").split("/")[1]}
    gone.delete()
    pages = {}
    for name, token in links.items():
        for ask in (Client().get, Client(enforce_csrf_checks=True).post):
            response = ask(f"/afmelden/{token}/")
            pages[name, ask.__name__] = (response.status_code, text(response), response["X-Robots-Tag"])
    assert len(set(pages.values())) == 1
    status, page, robots = pages["cut off", "get"]
    assert (status, "Deze link om u af te melden werkt niet" in page, robots) == (404, True, "noindex")
    assert set(User.objects.values_list("digest", flat=True)) == {"weekly"}


def test_it_logs_nobody_in_and_tells_nobody_the_address(reader, client):
    page = client.get(path(reader))
    client.post(path(reader))
    assert client.get("/mijn/voorkeuren/").status_code == 302
    assert reader.email not in page.content.decode()
    assert client.cookies.output() == ""


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_address_goes_to_nobody_else(reader, method):
    response = getattr(Client(), method)(path(reader))
    assert {name: response[name] for name in ("Referrer-Policy", "X-Robots-Tag", "Cache-Control")} == {
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
    }
    assert 'rel="canonical"' not in response.content.decode()
    # Mail programs follow no redirect.
    assert response.status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(reader, method):
    assert getattr(Client(), method)(path(reader)).status_code == 405
    assert wishes(reader) == ALL_ON


def test_it_also_works_for_somebody_who_is_logged_in_as_another(reader, member, user):
    member.post(path(reader))
    assert (wishes(reader), wishes(user)) == (ALL_ON | OFF["new"], ALL_ON)


def test_queries(reader, django_assert_num_queries):
    with django_assert_num_queries(4):
        one_click(path(reader))
