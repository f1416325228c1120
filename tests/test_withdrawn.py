"""A call that the funder or VLEVA withdrew: gone for visitors, with a way on; still there for staff."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from calls.columns import current_columns
from calls.models import Call, Stamp
from tests.factories import CallFactory, EditorFactory, FundFactory, ThemeFactory, brussels
from tests.reading import text, titles

NOW = brussels(2026, 9, 1, 12)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def theme():
    return ThemeFactory(name="Migratie")


@pytest.fixture
def call(theme):
    """Open, if it had not been withdrawn."""
    fund = FundFactory(name="Fonds voor Asiel", abbreviation="AMIF", period="2021-2027")
    return CallFactory(
        title="Taal",
        title_language="en",
        code="AMIF-2026-TAAL",
        fund=fund,
        themes=[theme],
        published_at=brussels(2026, 3, 1),
        withdrawn_at=brussels(2026, 8, 3, 12),
        introduction="<p>Inhoud</p>",
    )


def test_a_visitor_reads_what_it_was_and_where_to_look_now(client, call, theme):
    CallFactory(title="Gelijkend", themes=[theme], deadline=brussels(2027, 1, 4, 17), fund=FundFactory(period=""))
    response = client.get(call.get_absolute_url())
    page = text(response)
    assert (response.status_code, response["X-Robots-Tag"]) == (410, "noindex")
    assert page[page.index("Startpagina") : page.index("Vergelijkbare oproepen")].strip() == (
        "Startpagina Oproepen Taal Ingetrokken Taal "
        "Deze oproep is op 3 augustus 2026 ingetrokken. U kunt er niet meer voor indienen. "
        "Code AMIF-2026-TAAL Fonds Fonds voor Asiel 2021-2027"
    )
    assert "Open Gelijkend Deadline 4 januari 2027" in page
    html = response.content.decode()
    assert '<h1 lang="en">Taal</h1>' in html
    assert '<a href="/fondsen/amif-2021-2027/">' in html
    assert "<title>Ingetrokken: Taal – VLEVA</title>" in html
    assert [word for word in ("canonical", "ld+json", "Inhoud") if word in html] == []


def test_a_newer_edition_is_named_first(client, call):
    CallFactory(title="Taal opnieuw", code="AMIF-2027-TAAL", deadline=brussels(2027, 5, 1, 17))
    page = text(client.get(call.get_absolute_url()))
    assert "voor indienen. Er staat een nieuwere editie open: Taal opnieuw (tot 1 mei 2027 ) Code" in page


def test_a_call_without_fund_code_or_calls_like_it_has_a_page_too(client):
    call = CallFactory(title="Kaal", fund=None, published_at=brussels(2026, 3, 1), withdrawn_at=brussels(2026, 8, 3))
    page = text(client.get(call.get_absolute_url()))
    assert "U kunt er niet meer voor indienen. Bekijk alle oproepen" in page


def test_no_list_feed_or_map_shows_it(client, call, theme):
    paths = ["/", "/oproepen/", "/oproepen/?status=alle", "/fondsen/amif-2021-2027/", "/themas/migratie/"]
    assert [titles(client.get(path)) for path in paths] == [[]] * 5
    assert "/oproepen/taal/" not in client.get("/sitemap-oproepen.xml").content.decode()
    assert call.slug not in client.get("/oproepen/taal-x/").content.decode()


def test_its_attachments_are_gone(client, call):
    document = call.documents.create(title="Tekst", file="2026/11/tekst.pdf")
    assert client.get(document.get_absolute_url()).status_code == 404


def test_staff_see_the_whole_page_with_a_banner(client, call):
    client.force_login(EditorFactory())
    response = client.get(call.get_absolute_url())
    page = text(response)
    assert response.status_code == 200
    assert "Ingetrokken Ingetrokken op maandag 3 augustus 2026 om 12.00 uur . Alleen medewerkers zien" in page
    assert "Inhoud" in page
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]


def test_it_is_gone_from_the_moment_on(client):
    call = CallFactory(published_at=brussels(2026, 3, 1), withdrawn_at=brussels(2026, 9, 7, 12))
    statuses = {}
    for moment in (brussels(2026, 9, 7, 11, 59, 59), brussels(2026, 9, 7, 12)):
        with time_machine.travel(moment, tick=False):
            statuses[moment.minute] = client.get(call.get_absolute_url()).status_code
    assert statuses == {59: 200, 0: 410}


@pytest.mark.parametrize("published_at", [None, NOW - timedelta(hours=1), NOW + timedelta(days=3)])
def test_what_was_never_public_when_withdrawn_is_not_found(client, published_at):
    call = CallFactory(title="Geheim", published_at=published_at, withdrawn_at=NOW - timedelta(days=1))
    response = client.get(call.get_absolute_url())
    assert response.status_code == 404
    assert "Geheim" not in response.content.decode()
    assert list(Call.objects.withdrawn()) == []


def test_an_old_address_leads_to_the_page_that_says_so(client, call):
    response = client.get(f"/call/migratie/{call.slug}/", follow=True)
    assert response.redirect_chain == [("/oproepen/taal/", 301)]
    assert response.status_code == 410


@pytest.mark.parametrize("method", ["head", "get"])
def test_it_starts_no_session(client, call, method):
    response = getattr(client, method)(call.get_absolute_url())
    assert (response.status_code, response.cookies.output()) == (410, "")


@pytest.mark.parametrize("rows", [1, 3])
def test_a_fixed_number_of_queries(client, call, theme, rows, django_assert_num_queries):
    for number in range(rows):
        CallFactory(code=f"AMIF-202{number}-TAAL", deadline=timezone.now() - timedelta(days=number + 1))
        CallFactory(themes=[theme])
    Stamp.now()
    current_columns()
    with django_assert_num_queries(5):  # no published call, this one; stamp, editions, calls like it
        assert client.get(call.get_absolute_url()).status_code == 410
