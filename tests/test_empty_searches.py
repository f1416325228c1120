"""Words that visitors searched for in vain: counted once, without anything of who searched."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from calls.desk import empty_searches
from calls.models import EmptySearch
from tests.factories import CallFactory, brussels

pytestmark = pytest.mark.django_db
ADDRESS = "/oproepen/niets-gevonden/"


def tell(client, searched):
    return client.post(ADDRESS, {"q": searched}).status_code


def counted():
    return list(EmptySearch.objects.order_by("day", "words").values_list("words", "times"))


def test_words_that_find_nothing_are_counted_by_day(client):
    with time_machine.travel(brussels(2027, 3, 9, 23, 59)):
        assert [tell(client, words) for words in ("Zonnepanelen!", "zonnepanelen", "  ZONNEPANELEN ")] == [204] * 3
    with time_machine.travel(brussels(2027, 3, 10, 0, 1)):
        tell(client, "zonnepanelen")
    assert counted() == [("zonnepanelen", 3), ("zonnepanelen", 1)]


def test_what_does_find_something_is_not_counted_whatever_is_claimed(client):
    CallFactory(title="Opvang van asielzoekers")
    CallFactory(title="Gesloten kringloop", deadline=timezone.now() - timedelta(days=1))
    CallFactory(title="Geheim ontwerp", published_at=None)
    for words in ("opvang", "kringloop", "ontwerp"):
        assert tell(client, words) == 204
    assert counted() == [("ontwerp", 1)]


@pytest.mark.parametrize(
    "searched",
    [
        "jan@example.org",
        "Jan Peeters 0475 12 34 56",
        "85.07.30-033.28",
        "a" * 101,
        "woord " * 30,
        "",
        "   ",
        "?!",
        "\x00",
        "<script>alert(1)</script>" * 9,
    ],
)
def test_what_may_point_to_a_person_or_is_no_search_is_not_kept(client, searched):
    assert (tell(client, searched), counted()) == (204, [])


def test_a_year_and_a_code_may_be_kept(client):
    tell(client, "AMIF 2027")
    assert counted() == [("amif 2027", 1)]


def test_nobody_fills_the_table(client, monkeypatch):
    monkeypatch.setattr(empty_searches, "MOST_NEW_A_DAY", 2)
    for words in ("appel", "banaan", "citroen", "banaan"):
        tell(client, words)
    assert counted() == [("appel", 1), ("banaan", 2)]


def test_looking_writes_nothing_and_other_methods_are_refused(client):
    assert client.get(ADDRESS).status_code == 405
    page = client.get("/oproepen/?q=zonnepanelen").text
    assert 'data-found-nothing="/oproepen/niets-gevonden/" data-words="zonnepanelen"' in page
    assert counted() == []


def test_it_is_kept_for_ninety_days(client, capsys):
    today = timezone.localdate()
    for days in (89, 90, 91):
        EmptySearch.objects.create(words=f"{days} dagen", day=today - timedelta(days=days))
    call_command("tidy")
    assert "searches without a result: 1\n" in capsys.readouterr().out
    assert counted() == [("90 dagen", 1), ("89 dagen", 1)]
    assert "woorden die vergeefs gezocht zijn, van niemand in het bijzonder 90 dagen" in client.read("/privacy/")


def test_the_desk_shows_them_to_read(desk):
    EmptySearch.objects.create(words="zonnepanelen", day=brussels(2027, 3, 9).date(), times=4)
    row = EmptySearch.objects.get()
    assert desk.table("/beheer/calls/emptysearch/") == [
        ["Dag", "Keer"],
        ["9 maart 2027", "4"],
    ]
    assert desk.client.post(f"/beheer/calls/emptysearch/{row.pk}/change/", {"words": "x"}).status_code == 403
    assert desk.client.get("/beheer/calls/emptysearch/add/").status_code == 403
