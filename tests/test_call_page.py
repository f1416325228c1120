"""The page of one call: its facts, its blocks, its attachments, and who may see it before publication."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from calls.models import Call
from calls.status import DeadlineModel
from tests.factories import ApplicantTypeFactory, CallFactory, EditorFactory, FundFactory, brussels
from tests.reading import text, titles

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("five_pages")
def test_a_call_page_begins_with_the_facts_at_a_glance(client):
    call = Call.objects.get(code="AMIF-2020-AG-CALL-02")
    page = text(client.get(call.get_absolute_url()))
    facts = page[page.index("Status") : page.index("Op deze pagina")].strip()
    assert facts == (
        "Status Gesloten (geopend op 15 oktober 2020 ) "
        "Deadline dinsdag 16 februari 2021 om 17.00 uur (Belgische tijd) "
        "Budget € 32.700.000 (één pot voor meerdere oproepen) "
        "samen met de andere AMIF-calls met deadline 16 februari "
        "Wie kan indienen 12 types organisaties, volgens het fonds zie Begunstigden "
        "Code AMIF-2020-AG-CALL-02 "
        "Fonds Fonds voor Asiel, Migratie en Integratie 2014-2020 "
        "Thema's Migratie , Sociale inclusie "
        "Bron ec.europa.eu"
    )


@pytest.mark.usefixtures("five_pages")
def test_the_table_of_contents_names_the_blocks_that_are_there(client):
    page = client.get(Call.objects.get(code="42").get_absolute_url())
    anchors = re.findall(r'<li><a href="#([\w-]+)">', page.content.decode())
    blocks = ["inleiding", "doelstellingen", "budget", "begunstigden", "info", "vleva-contact", "fonds"]
    assert anchors == [*blocks, "vergelijkbaar"]
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
    assert "Volgende deadline: maandag 5 november 2029 om 17.00 uur (Belgische tijd)" in page
    assert "Laatste deadline: dinsdag 5 maart 2030 om 17.00 uur" in page
    assert "eerste ronde: maandag 5 november 2029 om 17.00 uur" in page
    with time_machine.travel(brussels(2029, 11, 5, 17)):
        assert "eerste ronde: maandag 5 november 2029 om 17.00 uur (voorbij)" in text(
            client.get(call.get_absolute_url())
        )
    assert "voorbij" not in page
    assert "€ 1.320.069,53 (AMIF betaalt hoogstens 75%)" in page
    assert "(POD betaalt hoogstens 12,5%) op aanvraag" in page
    assert "Wie kan indienen Ngo&#x27;s, Scholen" in page
    assert "Oproepdocument (pdf, 8 bytes)" in page
    download = client.get(document.get_absolute_url())
    assert download.headers["Content-Disposition"] == f'attachment; filename="{document.file.name.split("/")[-1]}"'
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(download.streaming_content) == b"%PDF-1.7"
    (tmp_path / document.file.name).unlink()
    assert client.get(document.get_absolute_url()).status_code == 404
    assert "Oproepdocument" in text(client.get(call.get_absolute_url()))


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


def test_a_title_in_another_language_is_marked(client):
    call = CallFactory(title="A call", title_language="en")
    assert '<h1 lang="en">A call</h1>' in client.get(call.get_absolute_url()).content.decode()


def test_a_title_with_markup_is_text(client):
    call = CallFactory(title="<script>alert(1)</script>", fund=FundFactory(name="<b>Fonds</b>"))
    html = client.get(call.get_absolute_url()).content.decode()
    assert "<script>alert" not in html
    assert "<b>Fonds</b>" not in html


def test_the_description_keeps_paragraphs_apart(client):
    text = "<p>Een &amp; twee</p><ul><li>drie</li><li>vier</li></ul>"
    call = CallFactory(introduction=text, deadline=None, deadline_model=DeadlineModel.ROLLING)
    html = client.get(call.get_absolute_url()).content.decode()
    assert '<meta name="description" content="Indienen kan altijd. Een &amp; twee drie vier">' in html


def test_who_may_apply_is_never_read_out_of_a_text(client):
    call = CallFactory(final_beneficiaries="<p>Kinderen</p><p>Senioren</p>")
    page = text(client.get(call.get_absolute_url()))
    assert "Wie kan indienen zie Begunstigden Code" in page
