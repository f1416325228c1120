"""What each page says, with content, without it, and after a wrong turn."""

import re
from datetime import timedelta

import pytest
from django.templatetags.static import static
from django.utils import timezone

from calls.models import Call
from calls.status import DeadlineModel
from tests.factories import CallFactory, ThemeFactory
from tests.reading import text, titles

pytestmark = pytest.mark.django_db


def test_the_list_has_the_next_deadline_first_then_rolling_unknown_and_closed(client):
    now = timezone.now()
    CallFactory(title="Onbekend", deadline=None, deadline_model=DeadlineModel.UNKNOWN)
    CallFactory(title="Oud", deadline=now - timedelta(days=900))
    CallFactory(title="Laat", deadline=now + timedelta(days=900))
    CallFactory(title="Doorlopend", deadline=None, deadline_model=DeadlineModel.ROLLING)
    CallFactory(title="Gauw", deadline=now + timedelta(days=2))
    assert titles(client.get("/oproepen/")) == ["Gauw", "Laat", "Doorlopend"]
    assert titles(client.get("/oproepen/?status=alle")) == ["Gauw", "Laat", "Doorlopend", "Onbekend", "Oud"]


def test_the_list_has_pages_and_goes_back_right(client):
    CallFactory.create_batch(45)
    pages = [titles(client.get(f"/oproepen/?pagina={number}")) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({title for page in pages for title in page}) == 45
    html = client.get("/oproepen/?pagina=2").content.decode()
    assert '<a rel="prev" href="?pagina=1">' in html
    assert '<a rel="next" href="?pagina=3">' in html
    assert '<span aria-current="page">2</span>' in html


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ("pagina=abc", "pagina=abc"),
        ("pagina=99", "pagina=99"),
        ("pagina=-1", "pagina=-1"),
        ("status=x", "status=x"),
        ("budget_max=veel", "budget_max=veel"),
        ("thema=bestaat-niet", "thema=bestaat-niet"),
        ("thema=%00", "thema=\x00"),
        ("kleur=rood&utm_source=nieuwsbrief", "kleur=rood"),
        ("kleur=%3Cscript%3E", "kleur=&lt;script&gt;"),
    ],
)
def test_what_the_address_says_in_vain_is_named_and_passed_over(client, query, ignored):
    CallFactory(title="Enige")
    response = client.get(f"/oproepen/?{query}")
    assert response.status_code == 200
    assert titles(response) == ["Enige"]
    assert f"Dit deel van het adres begrepen we niet; we hebben het genegeerd: {ignored}" in text(response)


def test_campaign_parameters_and_good_values_are_not_mentioned(client):
    theme = ThemeFactory(name="Sport")
    CallFactory(title="Over sport", themes=[theme])
    CallFactory(title="Ander")
    response = client.get("/oproepen/?thema=sport&pagina=1&utm_source=x&fbclid=y")
    assert titles(response) == ["Over sport"]
    assert "begrepen we niet" not in text(response)


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize("path", ["/", "/oproepen/"])
def test_with_no_open_call_the_page_says_so_and_leads_on(client, path):
    page = text(client.get(path))
    assert "Op dit moment staat er geen oproep open." in page
    assert "Volg een thema" in page
    assert len(titles(client.get(path))) == {"/": 3, "/oproepen/": 5}[path]
    CallFactory(title="Nieuw")
    assert "Op dit moment staat er geen oproep open." not in text(client.get(path))


def test_home_shows_what_closes_soon_and_what_is_new(client):
    now = timezone.now()
    CallFactory(title="Straks", deadline=now + timedelta(days=90), published_at=now - timedelta(hours=1))
    CallFactory(title="Gauw", deadline=now + timedelta(days=2), published_at=now - timedelta(days=30))
    later = CallFactory(title="Later", deadline=now + timedelta(days=99), opens_at=now + timedelta(days=9))
    later.cutoffs.create(at=now + timedelta(days=20))
    response = client.get("/")
    # Closing soon: the open ones by deadline, at most sixty days away. New: the last published first.
    assert titles(response) == ["Gauw", "Straks", "Later", "Gauw"]


@pytest.mark.parametrize("path", ["/", "/oproepen/", "/fondsen/", "/themas/", "/contacten/"])
def test_every_list_has_words_for_an_empty_site(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert re.search(r"Er staat nog geen (oproep|fonds|thema|autoriteit) op deze site\.", text(response))


@pytest.mark.usefixtures("five_pages")
def test_a_fund_page_draws_its_budget_and_lists_its_calls(client):
    response = client.get("/fondsen/amif-2014-2020/")
    page = text(response)
    assert "nationale programma&#x27;s van lidstaten € 2.752.000.000 87,7%" in page
    assert "technische bijstand € 385.000.000 12,3%" in page
    assert 'width="87.7"' in response.content.decode()
    assert len(titles(response)) == 5


@pytest.mark.usefixtures("five_pages")
def test_a_main_theme_shows_the_calls_of_the_themes_below_it(client):
    assert len(titles(client.get("/themas/eu-algemeen/"))) == 5
    assert len(titles(client.get("/themas/sociale-inclusie/"))) == 3
    assert titles(client.get("/themas/transport/")) == []


@pytest.mark.usefixtures("five_pages")
def test_contacts_stand_below_their_role(client):
    page = text(client.get("/contacten/"))
    assert page.index("Verantwoordelijke autoriteit") < page.index("FOD Binnenlandse Zaken, cel Europese Fondsen")
    assert page.index("Gedelegeerde autoriteiten (luik Integratie)") < page.index("Vlaams ESF-agentschap")


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize(
    "old",
    [
        "/nl/eu-algemeen/migratie/calls/{}",
        "/nl/eu-algemeen/calls/{}/",
        "/index.php/nl/eu-algemeen/migratie/calls/{}",
        "/call/migratie/{}",
        "/call/migratie/{}/",
    ],
)
def test_old_addresses_redirect_for_ever(client, old):
    for call in Call.objects.all():
        response = client.get(old.format(call.slug))
        assert (response.status_code, response["Location"]) == (301, call.get_absolute_url())


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize(
    "path", ["/call/migratie/promoting-participation-of-migrants", "/oproepen/participation-migrants/"]
)
def test_an_unknown_call_is_a_dutch_404_with_the_calls_that_share_its_words(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "Deze pagina vinden we niet" in text(response)
    assert titles(response)[0] == (
        "Promoting the participation of migrants in the design and implementation of integration policies"
    )


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize("old", ["/nl/eu-algemeen/migratie/calls", "/index.php/nl/migratie/calls/"])
def test_the_old_list_of_a_theme_redirects_to_the_theme(client, old):
    response = client.get(old)
    assert (response.status_code, response["Location"]) == (301, "/themas/migratie/")


def test_a_draft_has_no_old_address(client):
    call = CallFactory(published_at=None)
    assert client.get(f"/call/migratie/{call.slug}").status_code == 404


@pytest.mark.parametrize("path", ["/bestaat-niet/", "/fondsen/x/", "/themas/x/", "/themas/x/volgen/", "/oproepen/x/"])
def test_a_wrong_turn_is_a_dutch_404(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "Bekijk alle oproepen" in text(response)


def test_an_error_of_ours_is_a_dutch_500_without_details(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("calls.finder.found", lambda data: 1 / 0)
    response = client.get("/oproepen/")
    assert response.status_code == 500
    assert "Er ging iets mis aan onze kant" in text(response)
    assert "division" not in text(response)


def test_health_says_whether_the_database_answers(client, monkeypatch):
    assert client.get("/healthz/").json() == {"process": "ok", "database": "ok"}
    assert client.get("/healthz/?live").json() == {"process": "ok"}


def test_robots_keep_out_of_accounts_and_the_desk(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain"
    assert response.content.decode().split() == [
        "User-agent:", "*", "Disallow:", "/account/", "Disallow:", "/beheer/", "Disallow:", "/mijn/",
        "Disallow:", "/oproepen/kalender.ics",
        "Disallow:", "/oproepen/oproepen.csv",
        "Disallow:", "/oproepen/oproepen.json",
        "Sitemap:", "http://testserver/sitemap.xml",
    ]  # fmt: skip


def test_a_browser_that_asks_for_an_icon_by_its_old_name_gets_ours(client):
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (302, static("icon.svg"))
