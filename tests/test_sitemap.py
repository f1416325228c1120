"""The sitemap: what search engines may find, and when it changed."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine

from calls.models import Call
from portal.sitemaps import CallSitemap
from tests.factories import CallFactory, FundFactory, ThemeFactory, brussels

SITE = "http://testserver"
NOW = brussels(2026, 9, 1, 12)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def touched(at, **fields):
    """A call that changed last at a moment."""
    call = CallFactory(**fields)
    Call.objects.filter(pk=call.pk).update(updated_at=at)
    return call


def listed(client, path):
    """[(address, day of the last change)] of a sitemap or of the index of sitemaps."""
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    return [tuple((part.text or "")[:10] if part.tag.endswith("lastmod") else part.text for part in row)
            for row in ElementTree.fromstring(response.content)]  # fmt: skip


def test_the_index_names_a_map_for_each_kind_of_page(client):
    touched(brussels(2026, 8, 1), title="Een")
    assert listed(client, "/sitemap.xml") == [
        (f"{SITE}/sitemap-oproepen.xml", "2026-08-01"),
        (f"{SITE}/sitemap-fondsen.xml", "2026-08-01"),
        (f"{SITE}/sitemap-themas.xml",),
        (f"{SITE}/sitemap-paginas.xml",),
    ]


def test_only_published_calls_are_in_it_closed_ones_too(client):
    touched(brussels(2026, 8, 1), title="Open")
    touched(brussels(2026, 7, 1), title="Dicht", deadline=NOW - timedelta(days=400))
    CallFactory(title="Ontwerp", published_at=None)
    CallFactory(title="Gepland", published_at=NOW + timedelta(days=1))
    CallFactory(title="Ingetrokken", withdrawn_at=NOW - timedelta(days=1))
    assert listed(client, "/sitemap-oproepen.xml") == [
        (f"{SITE}/oproepen/open/", "2026-08-01"),
        (f"{SITE}/oproepen/dicht/", "2026-07-01"),
    ]


def test_funds_and_themes_changed_with_their_calls_last(client):
    fund = FundFactory(abbreviation="AMIF", period="2021-2027")
    FundFactory(abbreviation="ESF", period="")
    parent = ThemeFactory(name="Eu algemeen")
    child = ThemeFactory(name="Migratie", parent=parent)
    ThemeFactory(name="Sport")
    touched(brussels(2026, 8, 1), fund=fund, themes=[child])
    touched(brussels(2026, 7, 1), fund=fund, themes=[parent])
    touched(brussels(2026, 8, 9), fund=fund, themes=[child], published_at=None)
    assert listed(client, "/sitemap-fondsen.xml") == [
        (f"{SITE}/fondsen/amif-2021-2027/", "2026-08-01"),
        (f"{SITE}/fondsen/esf/",),
    ]
    assert listed(client, "/sitemap-themas.xml") == [
        (f"{SITE}/themas/eu-algemeen/", "2026-08-01"),
        (f"{SITE}/themas/migratie/", "2026-08-01"),
        (f"{SITE}/themas/sport/",),
    ]


def test_the_other_pages_are_in_it_and_exist(client):
    paths = [
        "/",
        "/oproepen/",
        "/fondsen/",
        "/themas/",
        "/contacten/",
        "/open-data/",
        "/toegankelijkheid/",
        "/privacy/",
    ]
    assert listed(client, "/sitemap-paginas.xml") == [(f"{SITE}{path}",) for path in paths]
    assert [client.get(path).status_code for path in paths] == [200] * 8


def test_many_calls_are_spread_over_files(client, monkeypatch):
    monkeypatch.setattr(CallSitemap, "limit", 2)
    for number in range(1, 6):
        touched(brussels(2026, 8, number), title=f"Oproep {number}")
    index = [address for address, *_ in listed(client, "/sitemap.xml") if "oproepen" in address]
    assert index == [f"{SITE}/sitemap-oproepen.xml{page}" for page in ("", "?p=2", "?p=3")]
    found = [address for page in index for address, _ in listed(client, page.removeprefix(SITE))]
    assert found == [f"{SITE}/oproepen/oproep-{number}/" for number in range(1, 6)]
    assert client.get("/sitemap-oproepen.xml?p=4").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("path", "queries"),
    [("", 11), ("-oproepen", 2), ("-fondsen", 3), ("-themas", 4), ("-paginas", 0)],
)
def test_maps_take_a_fixed_number_of_queries(client, rows, path, queries, django_assert_num_queries):
    for _ in range(rows):
        CallFactory(themes=[ThemeFactory(parent=ThemeFactory())])
    with django_assert_num_queries(queries):
        client.get(f"/sitemap{path}.xml")


@pytest.mark.parametrize("path", ["/sitemap-x.xml", "/sitemap-oproepen.xml?p=x"])
def test_a_map_that_is_not_there_is_a_404(client, path):
    assert client.get(path).status_code == 404


def test_robots_name_the_sitemap_where_it_is_asked_for(client, settings):
    settings.ALLOWED_HOSTS = ["calls.example.org"]
    response = client.get("/robots.txt", headers={"host": "calls.example.org"}, secure=True)
    assert response.content.decode().splitlines()[-1] == "Sitemap: https://calls.example.org/sitemap.xml"
