"""An address of a call that leads nowhere: the page shows which calls it may have meant."""

import pytest

from calls.related import calls_named
from tests.factories import CallFactory
from tests.reading import titles

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    """Calls that share three, two and one of the words of the address."""
    return [
        CallFactory(title=title)
        for title in ("Integratie en steun voor vluchtelingen", "Steun voor vluchtelingen", "Steun", "Sport")
    ][:3]


def test_the_call_that_shares_most_words_comes_first(three):
    assert calls_named("steun-integratie-van-vluchtelingen", 5) == three
    assert calls_named("steun-integratie-van-vluchtelingen", 1) == three[:1]
    assert calls_named("bestaat-niet", 5) == calls_named("de-en-van", 5) == calls_named("", 5) == []


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    "path", ["/oproepen/steun-voor-vluchteling/", "/nl/x/calls/steun-vluchtelingen", "/call/x/vluchtelingen-steun"]
)
def test_every_kind_of_address_of_a_call(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "Steun voor vluchtelingen" in titles(response)


def test_drafts_are_not_among_them_and_other_addresses_look_for_nothing(client, three):
    CallFactory(title="Geheime steun", published_at=None)
    assert "Geheime steun" not in titles(client.get("/oproepen/geheime-steun/"))
    assert titles(client.get("/fondsen/steun/")) == []


def test_whoever_is_lost_can_search(client):
    assert '<input id="q" type="search" name="q"' in client.get("/bestaat-niet/").text


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("tail", ["%00", "a" * 5000, "'\"*:&|!()<->", "%FF%FE", "OR-AND-NOT-NEAR", "🙂" * 300])
def test_no_address_breaks_it(client, tail):
    assert client.get(f"/oproepen/steun-{tail}/").status_code == 404
