"""The overview of the editors' desk: numbers that lead somewhere, pictures that can be read, empty days."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Follow, Message
from calls.desk.models import EmptySearch, Link, Problem
from calls.imports.models import Proposal, Record
from calls.models import Call
from tests.desk import Desk, visible
from tests.factories import CallFactory, ContactFactory, EditorFactory, ThemeFactory, UserFactory, brussels

pytestmark = pytest.mark.django_db
OVERVIEW = "/beheer/overzicht/"
NOW = brussels(2027, 3, 10, 12)  # a Wednesday
QUERIES = 16


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def decisions(html):
    """{label: (number, address)} of what waits."""
    part = html.partition('<ul class="waiting">')[2].partition("</ul>")[0]
    found = {}
    for item in re.findall(r"<li.*?</li>", part, re.S):
        number, label = re.search(r"<strong>(\d+)</strong> <span>(.*?)</span>", item).groups()
        address = re.search(r'href="(.*?)"', item)
        found[label] = (int(number), address and address[1].replace("&amp;", "&"))
    return found


def bars(html, heading):
    part = html.partition(f'id="{heading}"')[2].partition("</section>")[0]
    return [
        (visible(dt), int(width))
        for dt, width in re.findall(r'<dt>(.*?)</dt>.*?<rect width="(\d+)" height="10" />', part, re.S)
    ]


def test_an_empty_desk_says_that_nothing_waits(desk):
    html = desk.client.get(OVERVIEW).text
    assert {label: number for label, (number, _address) in decisions(html).items()} == {
        "Oproepen met fouten": 0,
        "Oproepen met waarschuwingen": 0,
        "Dode links": 0,
        "Nieuwe oproepen op het EU-portaal": 0,
        "Wijzigingen op het EU-portaal": 0,
        "Verdwenen van het EU-portaal": 0,
        "Ontwerpen waarvan de deadline voorbij is": 0,
        "Thema’s zonder VLEVA-contact": 0,
    }
    page = visible(html)
    for text in [
        "Er wacht niets op u.",
        "Geen enkele open oproep sluit binnen 30 dagen.",
        "Nog niemand met een account volgt een thema.",
        "De laatste 30 dagen is er geen mail verzonden. 0 mails wachten op verzending. 0 mails konden niet",
        "Er is niet vergeefs gezocht, of er is niets geteld.",
    ]:
        assert text in page


@pytest.fixture
def busy(db):
    """A desk with some of everything; gives the themes."""
    themes = [ThemeFactory(name="Migratie", contact=ContactFactory()), ThemeFactory(name="Milieu")]
    wrong, doubtful = CallFactory(title="Fout"), CallFactory(title="Twijfel")
    wrong.problems.create(level="error", code="a", text="fout")
    for call in (wrong, doubtful, doubtful):
        call.problems.create(level="warning", code="b", text="let op")
    CallFactory(title="Oud ontwerp", published_at=None, deadline=NOW - timedelta(days=1))
    CallFactory(title="Nieuw ontwerp", published_at=None)
    Link.objects.create(url="https://example.org/dood", dead_since=NOW)
    Link.objects.create(url="https://example.org/levend")
    for n, kind in enumerate(["new", "new", "changed", "gone"]):
        record = Record.objects.create(identifier=f"R{n}", language="en", raw={})
        Proposal.objects.create(record=record, kind=kind)
    Proposal.objects.create(record=record, kind="new", decision="accepted")
    return themes


def test_what_needs_a_decision_leads_to_the_list_that_shows_it(desk, busy):
    found = decisions(desk.client.get(OVERVIEW).text)
    assert {label: number for label, (number, _address) in found.items()} == {
        "Oproepen met fouten": 1,
        "Oproepen met waarschuwingen": 2,
        "Dode links": 1,
        "Nieuwe oproepen op het EU-portaal": 2,
        "Wijzigingen op het EU-portaal": 1,
        "Verdwenen van het EU-portaal": 1,
        "Ontwerpen waarvan de deadline voorbij is": 1,
        "Thema’s zonder VLEVA-contact": 1,
    }
    listed = {label: (len(desk.table(address)[1:]), address) for label, (_number, address) in found.items() if address}
    assert {label: found[label] for label in listed} == listed


def test_what_closes_soon_is_drawn_by_day_and_named(desk):
    for title, days in [("Morgen", 1), ("Ook morgen", 1), ("Laatste dag", 30), ("Te laat", 31)]:
        CallFactory(title=title, deadline=brussels(2027, 3, 10, 11) + timedelta(days=days))
    CallFactory(title="Ontwerp", published_at=None, deadline=NOW + timedelta(days=2))
    html = desk.client.get(OVERVIEW).text
    days = re.findall(r"<li[^>]*>(.*?)</li>", html.partition('<ol class="days">')[2].partition("</ol>")[0], re.S)
    assert len(days) == 31
    assert visible(days[1]) == "2 donderdag 11 maart 11"
    assert 'href="/beheer/calls/call/?deadline__year=2027&amp;deadline__month=3&amp;deadline__day=11"' in days[1]
    assert (visible(days[2]), visible(days[30])) == ("vrijdag 12 maart 12", "1 vrijdag 9 april 9")
    assert "3 open oproepen sluiten ten laatste op 9 april." in visible(html)
    soon = html.partition('<ol class="soon">')[2].partition("</ol>")[0]
    assert re.findall(r'change/">(.*?)</a>', soon) == ["Morgen", "Ook morgen", "Laatste dag"]


def test_followers_and_mails_are_bars_with_their_numbers(desk, busy):
    migration, environment = busy
    for n in range(4):
        reader = UserFactory()
        Follow.objects.create(user=reader, theme=migration)
        if n == 0:
            Follow.objects.create(user=reader, theme=environment)
    for moment in [brussels(2027, 3, 8), brussels(2027, 3, 7, 23, 59), brussels(2027, 3, 1), brussels(2027, 1, 1)]:
        Message.objects.create(recipient="a@example.org", sent_at=moment)
    Message.objects.create(recipient="a@example.org")
    Message.objects.create(recipient="a@example.org", failed_at=NOW)
    html = desk.client.get(OVERVIEW).text
    assert bars(html, "followed") == [("Migratie 4", 100), ("Milieu 1", 25)]
    assert bars(html, "mails") == [
        ("week van 8 februari 0", 0),
        ("week van 15 februari 0", 0),
        ("week van 22 februari 0", 0),
        ("week van 1 maart 2", 100),
        ("week van 8 maart 1", 50),
    ]
    page = visible(html)
    assert "4 personen volgen thema’s; dit zijn de meest gevolgde." in page
    assert "1 mail wacht op verzending. 1 mail kon niet bezorgd worden." in page


def test_words_that_found_nothing_are_named_most_frequent_first(desk):
    for words, day, times in [("zonnepaneel", 9, 2), ("zonnepaneel", 8, 3), ("<b>x</b>", 1, 9), ("kip", 10, 1)]:
        EmptySearch.objects.create(words=words, day=brussels(2027, 3, day).date(), times=times)
    EmptySearch.objects.create(words="oud", day=brussels(2027, 1, 1).date(), times=99)
    html = desk.client.get(OVERVIEW).text
    part = html.partition('<ol class="in-vain">')[2].partition("</ol>")[0]
    assert [visible(item) for item in re.findall(r"<li>.*?</li>", part)] == [
        "<b>x</b> 9 keer, op 1 maart".replace("op", "laatst op"),
        "zonnepaneel 5 keer, laatst op 9 maart",
        "kip 1 keer, op 10 maart",
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_it_takes_the_same_few_queries_however_much_there_is(desk, django_assert_num_queries, number):
    for n in range(number):
        CallFactory(themes=[ThemeFactory()])
        Follow.objects.create(user=UserFactory(), theme=ThemeFactory())
        EmptySearch.objects.create(words=f"woord {n}", day=timezone.localdate())
        Message.objects.create(recipient="a@example.org", sent_at=timezone.now())
    desk.client.get(OVERVIEW)
    with django_assert_num_queries(QUERIES):
        desk.client.get(OVERVIEW)


def test_the_index_of_the_desk_leads_there(desk):
    assert '<a href="/beheer/overzicht/">Overzicht: wat een beslissing vraagt' in desk.client.get("/beheer/").text


@pytest.mark.parametrize("group", ["VLEVA-redactie", "VLEVA-bijdragers", "VLEVA-lezers"])
def test_every_role_sees_it(settings, five_pages, group):
    settings.STAFF_SECOND_FACTOR = False
    user = EditorFactory()
    user.groups.add(Group.objects.get(name=group))
    response = Desk(user).client.get(OVERVIEW)
    assert (response.status_code, "Wat een beslissing vraagt" in response.text) == (200, True)


def test_strangers_do_not(settings, client, member):
    settings.STAFF_SECOND_FACTOR = False
    assert client.get(OVERVIEW)["Location"].startswith("/beheer/login/")
    assert member.get(OVERVIEW).status_code == 302
    without_group = Desk(EditorFactory()).client
    assert without_group.get(OVERVIEW).status_code == 403
    assert "/beheer/overzicht/" not in without_group.get("/beheer/").text


def test_nothing_is_written_by_looking(desk):
    assert desk.client.post(OVERVIEW).status_code == 405
    assert (Call.objects.count(), Problem.objects.count()) == (0, 0)
