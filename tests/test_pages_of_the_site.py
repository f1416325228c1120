"""What each page says, with content, without it, and after a wrong turn."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from calls.models import Call
from calls.status import DeadlineModel
from tests.factories import (
    ApplicantTypeFactory,
    CallFactory,
    EditorFactory,
    FundFactory,
    ThemeFactory,
    brussels,
)

pytestmark = pytest.mark.django_db


def text(response):
    """The visible text of a page, without its head."""
    body = response.content.decode().split("<body>")[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&nbsp;", " ").replace("\xa0", " ").split())


def titles(response):
    return re.findall(r'<h3><a href="/oproepen/[^"]+" lang="\w\w">([^<]+)</a>', response.content.decode())


@pytest.mark.usefixtures("five_pages")
def test_a_call_page_begins_with_the_facts_at_a_glance(client):
    call = Call.objects.get(code="AMIF-2020-AG-CALL-02")
    page = text(client.get(call.get_absolute_url()))
    facts = page[page.index("Status") : page.index("Op deze pagina")].strip()
    assert facts == (
        "Status Gesloten (geopend op 15 oktober 2020 ) "
        "Deadline dinsdag 16 februari 2021 om 17.00 uur (Belgische tijd) "
        "Budget € 32.700.000 (één pot voor meerdere oproepen) "
        "– samen met de andere AMIF-calls met deadline 16 februari "
        "Wie kan indienen 12 types organisaties, volgens het fonds "
        "Code AMIF-2020-AG-CALL-02 "
        "Fonds Fonds voor Asiel, Migratie en Integratie 2014-2020 "
        "Thema's Migratie , Sociale inclusie "
        "Bron ec.europa.eu"
    )


@pytest.mark.usefixtures("five_pages")
def test_the_table_of_contents_names_the_blocks_that_are_there(client):
    page = client.get(Call.objects.get(code="42").get_absolute_url())
    anchors = re.findall(r'<li><a href="#([\w-]+)">', page.content.decode())
    assert anchors == ["inleiding", "doelstellingen", "budget", "begunstigden", "info", "vleva-contact", "fonds"]
    assert all(f'<section id="{anchor}"' in page.content.decode() for anchor in anchors)


def test_an_empty_call_says_what_is_not_mentioned(client):
    call = CallFactory(fund=None, deadline=None, deadline_model=DeadlineModel.UNKNOWN)
    page = text(client.get(call.get_absolute_url()))
    facts = page[page.index("Status") : page.index("Op deze pagina")].strip()
    assert facts == (
        "Status Deadline onbekend Deadline niet vermeld Budget niet vermeld Wie kan indienen niet vermeld "
        "Code niet vermeld Fonds niet vermeld Thema's niet vermeld Bron niet vermeld"
    )


def test_a_call_with_everything_shows_rates_cutoffs_types_and_attachments(client, settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        }
    }
    call = CallFactory(deadline=brussels(2030, 3, 5, 17), deadline_model=DeadlineModel.MULTIPLE_CUTOFF)
    call.cutoffs.create(at=brussels(2029, 11, 5, 17), label="eerste ronde")
    call.applicant_types.add(ApplicantTypeFactory(name="Scholen"), ApplicantTypeFactory(name="Ngo's"))
    call.budgets.create(order=1, label="AMIF", amount="1320069.53", rate="75")
    call.budgets.create(order=2, label="POD", rate="12.5", note="op aanvraag")
    document = call.documents.create(title="Oproepdocument", file=ContentFile(b"%PDF-1.7", "oproep.pdf"))
    call.documents.create(title="Elders", link="https://example.org/oproep.pdf")
    with time_machine.travel(brussels(2029, 1, 1)):
        page = text(client.get(call.get_absolute_url()))
    assert "maandag 5 november 2029 om 17.00 uur volgende datum" in page
    assert "€ 1.320.069,53 AMIF betaalt hoogstens 75%" in page
    assert "POD betaalt hoogstens 12,5% – op aanvraag" in page
    assert "Wie kan indienen Ngo&#x27;s, Scholen" in page
    assert "Oproepdocument (pdf, 8 bytes)" in page
    download = client.get(document.get_absolute_url())
    assert download.headers["Content-Disposition"] == f'attachment; filename="{document.file.name.split("/")[-1]}"'
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(download.streaming_content) == b"%PDF-1.7"
    (tmp_path / document.file.name).unlink()
    assert client.get(document.get_absolute_url()).status_code == 404


def test_attachments_of_a_draft_are_not_for_visitors(client):
    call = CallFactory(published_at=None)
    document = call.documents.create(title="Geheim", file="2026/11/geheim.pdf")
    assert client.get(document.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    ("published_in", "banner"),
    [(None, "Ontwerp Alleen medewerkers zien deze pagina."), (timedelta(days=3), "Gepland Alleen medewerkers zien")],
)
def test_drafts_and_scheduled_calls_are_for_staff_with_a_banner_and_never_cached(client, published_in, banner):
    call = CallFactory(published_at=published_in and timezone.now() + published_in)
    assert client.get(call.get_absolute_url()).status_code == 404
    assert titles(client.get("/oproepen/")) == []
    client.force_login(EditorFactory())
    response = client.get(call.get_absolute_url())
    assert banner in text(response)
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert response["X-Robots-Tag"] == "noindex"
    assert titles(client.get("/oproepen/")) == []


def test_a_scheduled_call_appears_by_itself(client):
    call = CallFactory(published_at=brussels(2026, 3, 29, 3))
    with time_machine.travel(brussels(2026, 3, 29, 1, 59, 59), tick=False):
        assert client.get(call.get_absolute_url()).status_code == 404
    with time_machine.travel(brussels(2026, 3, 29, 3), tick=False):
        assert client.get(call.get_absolute_url()).status_code == 200


def test_the_list_has_the_newest_deadline_first_rolling_above_and_unknown_below(client):
    now = timezone.now()
    CallFactory(title="Onbekend", deadline=None, deadline_model=DeadlineModel.UNKNOWN)
    CallFactory(title="Oud", deadline=now - timedelta(days=900))
    CallFactory(title="Laat", deadline=now + timedelta(days=900))
    CallFactory(title="Doorlopend", deadline=None, deadline_model=DeadlineModel.ROLLING)
    CallFactory(title="Gauw", deadline=now + timedelta(days=2))
    assert titles(client.get("/oproepen/")) == ["Doorlopend", "Laat", "Gauw", "Oud", "Onbekend"]


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
        ("pagina=", "pagina="),
        ("thema=bestaat-niet", "thema=bestaat-niet"),
        ("thema=%00", "thema=\x00"),
        ("kleur=rood&utm_source=nieuwsbrief", "kleur=rood"),
        ("q=%3Cscript%3E", "q=&lt;script&gt;"),
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
    assert titles(response) == ["Gauw", "Straks", "Straks", "Later", "Gauw"]


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
    monkeypatch.setattr("calls.querysets.CallQuerySet.published", lambda self: 1 / 0)
    response = client.get("/oproepen/")
    assert response.status_code == 500
    assert "Er ging iets mis aan onze kant" in text(response)
    assert "division" not in text(response)


def test_health_says_whether_the_database_answers(client, monkeypatch):
    assert client.get("/healthz/").json() == {"process": "ok", "database": "ok"}
    assert client.get("/healthz/?live").json() == {"process": "ok"}


def test_a_title_in_another_language_is_marked(client):
    call = CallFactory(title="A call", title_language="en")
    assert '<h1 lang="en">A call</h1>' in client.get(call.get_absolute_url()).content.decode()


def test_a_title_with_markup_is_text(client):
    call = CallFactory(title="<script>alert(1)</script>", fund=FundFactory(name="<b>Fonds</b>"))
    html = client.get(call.get_absolute_url()).content.decode()
    assert "<script>alert" not in html
    assert "<b>Fonds</b>" not in html


def test_robots_keep_out_of_accounts_and_the_desk(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain"
    assert response.content.decode().split() == [
        "User-agent:", "*", "Disallow:", "/account/", "Disallow:", "/beheer/", "Disallow:", "/mijn/",
    ]  # fmt: skip
