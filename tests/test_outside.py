"""What search engines and other sites get of a page: its address, title, description, a card to share, its place."""

import re
from html import unescape
from pathlib import Path

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from calls.models import Call
from calls.status import DeadlineModel
from tests.factories import ApplicantTypeFactory, CallFactory, FundFactory, ThemeFactory, brussels
from tests.reading import text

SITE = "http://testserver"
NOW = brussels(2026, 9, 1, 12)
DEFAULT = "EU-subsidieoproepen voor Vlaamse organisaties: open oproepen, deadlines, fondsen en contacten."
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def head(response):
    """{name: content} of the metas, the title and the canonical address."""
    html = response.content.decode().split("</head>")[0]
    metas = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', html))
    links = re.findall(r'<link rel="canonical" href="([^"]*)">', html)
    title = re.search(r"<title>(.*?)</title>", html)[1]
    return {name: unescape(value) for name, value in metas.items()} | {"title": unescape(title), "canonical": links}


# The head of a page --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize(
    "path",
    ["/", "/oproepen/", "/fondsen/", "/themas/", "/contacten/", "/toegankelijkheid/", "/privacy/",
     "/fondsen/amif-2014-2020/", "/themas/migratie/", "/oproepen/42/"],
)  # fmt: skip
def test_every_page_has_one_absolute_address_whatever_the_query(client, path):
    path = Call.objects.get(code="42").get_absolute_url() if path == "/oproepen/42/" else path
    found = head(client.get(f"{path}?utm_source=x&amp;%22%3E"))
    assert (found["canonical"], found["og:url"]) == ([f"{SITE}{path}"], f"{SITE}{path}")


def test_what_is_shared_shows_the_title_and_description_of_the_page(client):
    found = head(client.get("/fondsen/"))
    assert found == {
        "viewport": "width=device-width, initial-scale=1",
        "theme-color": "#0b5a63",
        "title": "EU-fondsen voor Vlaamse organisaties – VLEVA",
        "canonical": [f"{SITE}/fondsen/"],
        "description": "EU-fondsen met hun doelstellingen, budget, autoriteiten en oproepen: AMIF en de andere "
        "fondsen waarbij Vlaamse organisaties kunnen indienen.",
        "og:url": f"{SITE}/fondsen/",
        "og:type": "website",
        "og:site_name": "VLEVA",
        "og:locale": "nl_BE",
        "og:title": "EU-fondsen voor Vlaamse organisaties",
        "og:description": found["description"],
        "og:image": SITE + staticfiles_storage.url("share.png"),
        "og:image:width": "1200",
        "og:image:height": "630",
        "twitter:card": "summary_large_image",
    }


def test_the_image_to_share_is_small_and_of_the_size_that_is_said():
    data = Path(finders.find("share.png")).read_bytes()
    assert (data[:4], int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (b"\x89PNG", 1200, 630)
    assert len(data) < 40_000


@pytest.mark.parametrize("path", ["/bestaat-niet/", "/oproepen/x/"])
def test_an_error_page_has_no_address(client, path):
    found = head(client.get(path))
    assert (found["canonical"], "og:url" in found, found["title"]) == ([], False, "Pagina niet gevonden – VLEVA")


def test_a_hostile_title_stays_text_everywhere_in_the_head(client):
    title = "\"><script>x</script>' & co"
    found = head(client.get(CallFactory(title=title, deadline=None, deadline_model="rolling").get_absolute_url()))
    assert found["og:title"] == title
    assert found["title"] == f"{title} – VLEVA"


LONG = "Promoting the participation of migrants in the design and implementation of integration policies"


@pytest.mark.parametrize(
    ("fields", "title", "description"),
    [
        (
            {"title": "Taal op het werk", "deadline": brussels(2027, 3, 4, 17)},
            "Taal op het werk – tot 4 mrt 2027",
            "Deadline 4 maart 2027.",
        ),
        (
            {"title": LONG, "deadline": brussels(2027, 3, 4, 17), "introduction": f"<p>{LONG}.</p><p>{LONG}.</p>"},
            "Promoting the participation of migrants… – tot 4 mrt 2027",
            "Deadline 4 maart 2027. Promoting the participation of migrants in the design and implementation of "
            "integration policies. Promoting the participation of…",
        ),
        (
            {"title": LONG, "deadline": brussels(2021, 2, 16, 17)},
            "Promoting the participation of migrants in the… (gesloten)",
            "Gesloten sinds 16 februari 2021.",
        ),
        (
            {"title": "Later", "opens_at": brussels(2026, 10, 1), "deadline": brussels(2027, 3, 4, 17)},
            "Later – opent 1 okt 2026",
            "Opent op 1 oktober 2026, deadline 4 maart 2027.",
        ),
        (
            {"title": "Later", "opens_at": brussels(2026, 10, 1), "deadline": None, "deadline_model": "unknown"},
            "Later – opent 1 okt 2026",
            "Opent op 1 oktober 2026.",
        ),
        ({"title": "Altijd", "deadline": None, "deadline_model": "rolling"}, "Altijd", "Indienen kan altijd."),
        ({"title": "Wie weet", "deadline": None, "deadline_model": "unknown"}, "Wie weet", ""),
        ({"title": "x" * 200, "deadline": None, "deadline_model": "rolling"}, "x" * 58 + "…", "Indienen kan altijd."),
    ],
)
def test_the_title_and_description_of_a_call(client, fields, title, description):
    found = head(client.get(CallFactory(**fields).get_absolute_url()))
    assert (found["og:title"], found["description"]) == (title, description)
    assert found["title"] == f"{title} – VLEVA"


def test_the_next_date_counts_and_amounts_and_types_are_named(client):
    call = CallFactory(deadline=brussels(2027, 3, 4, 17), deadline_model=DeadlineModel.MULTIPLE_CUTOFF)
    call.cutoffs.create(at=brussels(2026, 11, 5, 17))
    call.applicant_types.add(ApplicantTypeFactory(name="Scholen"), ApplicantTypeFactory(name="Ngo's"))
    budget = call.budgets.create(order=1, amount=1_500_000)
    path = call.get_absolute_url()
    start = "Deadline 5 november 2026."
    assert head(client.get(path))["description"] == f"{start} Budget €\xa01.500.000. Voor Ngo's, Scholen."
    call.applicant_types.add(ApplicantTypeFactory(), ApplicantTypeFactory())
    budget.shared = True
    budget.save()
    shared = f"{start} Budget €\xa01.500.000, gedeeld met andere oproepen. Voor 4 types organisaties."
    assert head(client.get(path))["description"] == shared
    call.budgets.create(order=2, amount=20_000)
    assert head(client.get(path))["description"] == f"{start} Voor 4 types organisaties."


def test_the_title_and_description_of_a_fund_and_a_theme(client):
    fund = FundFactory(name="Fonds voor Asiel", abbreviation="AMIF", introduction="<p>Voor opvang.</p>")
    found = head(client.get(fund.get_absolute_url()))
    assert (found["og:title"], found["description"]) == (
        "AMIF 2021-2027: Fonds voor Asiel",
        "Doelstellingen, budget, contacten en oproepen van dit EU-fonds. Voor opvang.",
    )
    found = head(client.get(ThemeFactory(name="Migratie").get_absolute_url()))
    assert (found["og:title"], found["description"]) == (
        "Migratie: EU-subsidieoproepen",
        "EU-subsidieoproepen voor Migratie: wat openstaat, tot wanneer en voor wie.",
    )


@pytest.mark.usefixtures("five_pages")
def test_what_search_engines_show_of_the_first_content_fits(client):
    paths = ["/", "/fondsen/", "/fondsen/amif-2014-2020/", "/themas/", "/themas/migratie/", "/contacten/", "/privacy/"]
    heads = [head(client.get(path)) for path in [*paths, *(call.get_absolute_url() for call in Call.objects.all())]]
    assert [found["og:title"] for found in heads if len(found["og:title"]) > 60] == []
    assert [found["description"] for found in heads if not 40 < len(found["description"]) <= 160] == []
    assert [found["description"] for found in heads].count(DEFAULT) == 1


# The way here --------------------------------------------------------------------------------------------------------


def breadcrumb(response):
    """[(name, address)], and the last name, which is this page's."""
    html = re.search(r'<nav class="breadcrumb".*?</nav>', response.content.decode(), re.DOTALL)[0]
    links = re.findall(r'<li><a href="([^"]+)">([^<]+)</a></li>', html)
    current = re.findall(r'<li aria-current="page"(?: lang="\w\w")?>([^<]+)</li>', html)[0]
    return [(address, unescape(name)) for address, name in links], unescape(current)


def test_every_page_below_home_says_where_it_stands(client):
    home, themes = ("/", "Startpagina"), ("/themas/", "Thema's")
    call = CallFactory(title="Taal", title_language="en", fund=FundFactory(abbreviation="AMIF", period=""))
    child = ThemeFactory(name="Migratie", parent=ThemeFactory(name="Eu algemeen"))
    expected = {
        call.get_absolute_url(): ([home, ("/oproepen/", "Oproepen")], "Taal"),
        "/fondsen/amif/": ([home, ("/fondsen/", "Fondsen")], "AMIF"),
        "/themas/eu-algemeen/": ([home, themes], "Eu algemeen"),
        child.get_absolute_url(): ([home, themes, ("/themas/eu-algemeen/", "Eu algemeen")], "Migratie"),
        "/fondsen/": ([home], "Fondsen"),
        "/themas/": ([home], "Thema's"),
        "/contacten/": ([home], "Contacten"),
        "/toegankelijkheid/": ([home], "Toegankelijkheid"),
        "/privacy/": ([home], "Privacy"),
    }
    assert {path: breadcrumb(client.get(path)) for path in expected} == expected


def test_a_closed_call_says_so_before_anything_else(client):
    call = CallFactory(title="Taal", deadline=brussels(2021, 2, 16, 17))
    page = text(client.get(call.get_absolute_url()))
    start = page[page.index("Gesloten") :]
    assert start.startswith("Gesloten Taal Deze oproep sloot op 16 februari 2021 . Indienen kan niet meer. ")
