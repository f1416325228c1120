"""The page that documents what can be taken along says what is so."""

import re

import pytest
from django.urls import reverse

from calls import exports
from calls.filters import CallFilter
from tests.factories import CallFactory, FundFactory, ThemeFactory
from tests.reading import text

pytestmark = pytest.mark.django_db


def page(client):
    response = client.get("/open-data/")
    assert response.status_code == 200
    return response.content.decode()


def codes(html):
    return re.findall(r"<code>([^<]*)</code>", html)


def test_every_address_it_names_exists(client):
    theme, fund, call = ThemeFactory(name="Zorg"), FundFactory(abbreviation="ESF"), CallFactory(title="Zon")
    names = {"OPROEP": call.slug, "THEMA": theme.slug, "FONDS": fund.slug}
    addresses = [code.removeprefix("http://testserver") for code in codes(page(client)) if code.startswith("http")]
    assert addresses == [
        "/oproepen/kalender.ics",
        "/oproepen/OPROEP/kalender.ics",
        "/oproepen/feed.atom",
        "/themas/THEMA/feed.atom",
        "/fondsen/FONDS/feed.atom",
        "/oproepen/oproepen.csv",
        "/oproepen/oproepen.json",
        "/api/v1/",
        "/oproepen/kalender.ics?status=open&amp;deadline=30",
    ]
    for address in addresses:
        path = re.sub("|".join(names), lambda name: names[name[0]], address.replace("&amp;", "&"))
        assert client.get(path, follow=True).status_code == 200, path


def test_it_names_every_filter_with_every_value(client):
    ThemeFactory(name="Zorg")
    FundFactory(abbreviation="ESF")
    html = page(client)
    found = codes(html[html.index('id="filters"') : html.index('id="kolommen"')])
    for name, field in CallFilter().fields.items():
        if name != "weergave":
            assert {name, *(str(value) for value, _ in getattr(field, "choices", []) if value)} <= set(found), name
    assert {"thema", "zorg", "esf-2021-2027", "binnenkort", "90"} <= set(found)


def test_the_machines_take_what_it_names(client):
    ThemeFactory(name="Zorg")
    for name, field in CallFilter().fields.items():
        for value, _ in getattr(field, "choices", [("1000", "")]):
            assert client.get("/oproepen/kalender.ics", {name: value}).status_code == 200, (name, value)


def test_it_names_every_column(client):
    html = page(client)
    assert codes(html[html.index('id="kolommen"') : html.index('id="vernieuwen"')]) == list(exports.LABELS)


def test_many_values_are_folded_away(client):
    for n in range(9):
        ThemeFactory(name=f"Thema {n}")
    assert re.findall(r"<summary>(.*?)</summary>", page(client)) == ["9 waarden"]


def test_it_says_under_which_licence_and_how_to_name_the_source(client):
    read, html = text(client.get("/open-data/")), page(client)
    assert "Bron: VLEVA, http://testserver/oproepen/" in read
    assert "Creative Commons Naamsvermelding 4.0 (CC BY 4.0)" in read
    assert "Besluit 2011/833/EU" in read
    assert 'href="https://creativecommons.org/licenses/by/4.0/deed.nl"' in html
    assert 'href="https://eur-lex.europa.eu/eli/dec/2011/833/oj"' in html


def test_it_says_where_lists_end(client):
    read = text(client.get("/open-data/"))
    assert "Ten hoogste 1.000 oproepen" in read
    assert "de 50 laatst gepubliceerde oproepen" in read
    assert "om de 12 uur" in read


def test_every_page_leads_there_and_it_leads_to_the_api(client):
    link = '<a href="/open-data/">Open data</a>'
    assert [link in client.get(path).content.decode() for path in ("/", "/oproepen/", "/privacy/")] == [True] * 3
    assert f'<a href="{reverse("api:openapi-view")}">lees hoe het werkt</a>' in page(client)


@pytest.mark.parametrize("rows", [1, 3])
def test_queries(client, rows, django_assert_num_queries):
    for _ in range(rows):
        CallFactory(themes=[ThemeFactory()])
    client.get("/open-data/")
    with django_assert_num_queries(1):
        page(client)


def test_it_can_only_be_read_and_leaves_no_cookie(client):
    assert client.post("/open-data/").status_code == 405
    response = client.get("/open-data/")
    assert not response.cookies
    assert response.headers.get("Cache-Control") is None
