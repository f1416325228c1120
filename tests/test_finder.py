"""The list of calls: filters with their counts, chips, the address, and what to try where nothing fits."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs

import pytest
import time_machine
from django.http import QueryDict
from django.utils import timezone

from calls.filters import CallFilter
from calls.panel import ways_out
from calls.status import DeadlineModel
from tests.factories import ApplicantTypeFactory, CallFactory, FundFactory, ThemeFactory, brussels
from tests.reading import text, titles

pytestmark = pytest.mark.django_db
NOW = brussels(2027, 1, 15, 12)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def days(number):
    return NOW + timedelta(days=number)


@pytest.fixture
def calls():
    """Seven calls that differ in everything a filter asks for."""
    work = ThemeFactory(name="Werk")
    inclusion = ThemeFactory(name="Inclusie", parent=work)
    ngo, town = ApplicantTypeFactory(name="Ngo's"), ApplicantTypeFactory(name="Gemeenten")
    fund, other = FundFactory(abbreviation="F1", period=""), FundFactory(abbreviation="F2", period="")
    fund.applicant_types.set([ngo])
    gauw = CallFactory(title="Gauw", fund=fund, themes=[inclusion], deadline=days(5), opens_at=days(-3))
    gauw.budgets.create(amount=50_000)
    gauw.budgets.create(amount="120000.50")
    straks = CallFactory(title="Straks", fund=fund, themes=[work], deadline=days(25), opens_at=days(-60))
    straks.applicant_types.set([town])
    straks.budgets.create(amount=2_000_000)
    CallFactory(title="Later", fund=other, deadline=days(80), opens_at=days(10))
    CallFactory(title="Doorlopend", fund=other, deadline=None, deadline_model=DeadlineModel.ROLLING)
    CallFactory(title="Onbekend", fund=other, deadline=None, deadline_model=DeadlineModel.UNKNOWN)
    CallFactory(title="Voorbij", fund=fund, themes=[work], deadline=days(-10))
    CallFactory(title="Kladversie", fund=fund, published_at=None)


def found(client, query):
    return titles(client.get(f"/oproepen/?{query}"))


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Gauw", "Straks", "Later", "Doorlopend"]),
        ("status=open", ["Gauw", "Straks", "Doorlopend"]),
        ("status=binnenkort", ["Later"]),
        ("status=gesloten", ["Voorbij"]),
        ("status=onbekend", ["Onbekend"]),
        ("status=alle", ["Gauw", "Straks", "Later", "Doorlopend", "Onbekend", "Voorbij"]),
        ("thema=inclusie", ["Gauw"]),
        ("thema=werk", ["Gauw", "Straks"]),
        ("thema=werk&status=alle", ["Gauw", "Straks", "Voorbij"]),
        ("fonds=f2", ["Later", "Doorlopend"]),
        ("fonds=f1&fonds=f2", ["Gauw", "Straks", "Later", "Doorlopend"]),
        ("organisatie=ngos", ["Gauw"]),
        ("organisatie=gemeenten", ["Straks"]),
        ("deadline=7", ["Gauw"]),
        ("deadline=30", ["Gauw", "Straks"]),
        ("deadline=90", ["Gauw", "Straks"]),
        ("geopend=7", ["Gauw"]),
        ("geopend=90", ["Gauw", "Straks"]),
        ("budget_van=120.000", ["Gauw", "Straks"]),
        ("budget_van=€ 120.001", ["Straks"]),
        ("budget_tot=1.999.999,99", ["Gauw"]),
        ("budget_van=100000&budget_tot=200000", ["Gauw"]),
        ("sorteer=budget", ["Straks", "Gauw", "Later", "Doorlopend"]),
        ("sorteer=nieuwste&status=open", ["Doorlopend", "Straks", "Gauw"]),
    ],
)
def test_every_filter(client, query, expected):
    assert found(client, query) == expected


@pytest.mark.usefixtures("calls")
def test_each_option_counts_what_it_would_give_with_the_other_filters_kept():
    counts = CallFilter(QueryDict("fonds=f1")).counts
    assert counts["status"] == {"": 2, "open": 2, "binnenkort": 0, "gesloten": 1, "onbekend": 0, "alle": 3}
    assert counts["thema"] == {"werk": 2, "inclusie": 1}
    assert counts["fonds"] == {"f1": 2, "f2": 2}
    assert counts["organisatie"] == {"gemeenten": 1, "ngos": 1}
    assert (counts["deadline"], counts["geopend"]) == ({7: 1, 30: 2, 90: 2}, {7: 1, 30: 1, 90: 2})


@pytest.mark.usefixtures("calls")
def test_every_count_on_the_page_is_what_its_option_gives(client):
    html = client.get("/oproepen/?thema=werk").content.decode()
    field = r'<input type="(\w+)" name="(\w+)" value="([\w-]*)"[^>]*>'
    option = re.compile(field + r'(?:(?!<input).)*?class="count">(\d+)<', re.S)
    seen = option.findall(html)
    assert len(seen) == 6 + 2 + 2 + 2 + 3 + 3
    for kind, name, value, count in seen:
        theme = "" if name == "thema" else "thema=werk&"
        assert len(found(client, f"{theme}{name}={value}")) == int(count), (kind, name, value)


@pytest.mark.usefixtures("calls")
def test_chosen_filters_are_chips_that_leave_the_rest(client):
    state = "q=gauw&status=alle&thema=inclusie&thema=werk&budget_van=1000&sorteer=budget&weergave=tijdlijn"
    html = client.get(f"/oproepen/?{state}").content.decode()
    chips = re.findall(r'class="chip" href="/oproepen/\?([^"]*)">(.*?)</a>', html, re.S)
    labels = [" ".join(re.sub(r"<[^>]+>", " ", label).split()) for _, label in chips]
    assert [unescape(label) for label in labels] == [
        "Verwijder: Zoekterm: “gauw” ×",
        "Verwijder: Status: Alle ×",
        "Verwijder: Thema: Werk ×",
        "Verwijder: Thema: Inclusie ×",
        "Verwijder: Budget vanaf: € 1.000 ×",
    ]
    whole = parse_qs(state) | {"thema": ["werk", "inclusie"]}
    assert [parse_qs(unescape(rest)) for rest, _ in chips] == [
        {name: value for name, value in whole.items() if name != "q"},
        {name: value for name, value in whole.items() if name != "status"},
        whole | {"thema": ["inclusie"]},
        whole | {"thema": ["werk"]},
        {name: value for name, value in whole.items() if name != "budget_van"},
    ]


def test_the_state_is_the_same_whatever_the_order_and_the_noise_of_the_address(calls):
    noisy = "utm_source=x&pagina=3&thema=werk&x=1&q=++a+++b+&thema=inclusie&status=&budget_van=1.000,00&deadline=8"
    finder = CallFilter(QueryDict(noisy))
    assert finder.state == "q=a+b&thema=werk&thema=inclusie&budget_van=1000"
    assert finder.ignored == ["pagina=3", "x=1", "deadline=8"]
    assert CallFilter(QueryDict(finder.state)).state == finder.state


def test_what_is_no_amount_is_told_from_what_is_wrong_in_the_address(client):
    page = text(client.get("/oproepen/?budget_van=veel&budget_tot=100&x=1"))
    assert "Budget vanaf: dit is geen bedrag, dus er is niet op gefilterd: veel" in page
    assert "Dit deel van het adres begrepen we niet; we hebben het genegeerd: x=1 " in page
    page = text(client.get("/oproepen/?budget_van=1&budget_van=2&budget_max=3"))
    assert ("genegeerd: budget_van=1 , budget_max=3 " in page, "geen bedrag" in page) == (True, False)


# Nothing found -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("calls")
def test_nothing_found_says_which_single_filter_to_drop_and_what_that_gives(client):
    page = text(client.get("/oproepen/?q=gauw&fonds=f2"))
    assert "Geen enkele oproep past bij dit alles samen." in page
    assert "Zonder de zoekterm “gauw” : 2 oproepen" in page
    assert "Zonder de filter Fonds : 1 oproep" in page
    assert "Met elke status" not in page
    page = text(client.get("/oproepen/?q=voorbij"))
    assert "Met elke status, ook gesloten oproepen : 1 oproep" in page
    page = text(client.get("/oproepen/?thema=inclusie&budget_van=900000&status=open"))
    assert "Zonder de filter Thema : 1 oproep" in page
    assert "Zonder de filter Budget vanaf : 1 oproep" in page


@pytest.mark.usefixtures("five_pages")
def test_words_that_stand_nowhere_leave_ways_on(client):
    page = client.get("/oproepen/?q=zzqqxx").content.decode()
    assert "Niets gevonden voor “zzqqxx”." in page
    assert "Met andere of minder woorden vindt u misschien meer." in page
    assert 'href="/oproepen/?status=alle">Bekijk alle oproepen' in page
    assert 'href="/themas/">Volg een thema' in page


@pytest.mark.usefixtures("five_pages")
def test_what_closed_last_comes_in_the_order_of_all_lists(client):
    everywhere = [titles(client.get(address))[:3] for address in ("/oproepen/", "/", "/oproepen/?status=gesloten")]
    assert everywhere == [everywhere[0]] * 3
    assert len(everywhere[0]) == 3


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize(
    ("typed", "meant", "total"),
    [("hervestging", "hervestiging", 3), ("vluchtelinegn", "vluchtelingen", 3), ("integartie", "integratie", 5)],
)
def test_a_misspelling_gives_did_you_mean_with_results(client, typed, meant, total):
    response = client.get(f"/oproepen/?q={typed}&status=alle")
    page = text(response)
    assert f"Niets gevonden voor “{typed}”. Bedoelde u {meant} ?" in page
    assert f"{total} oproepen met “{meant}”" in page
    assert len(titles(response)) == total
    assert f'href="/oproepen/?q={meant}&amp;status=alle"' in response.content.decode()


@pytest.mark.usefixtures("five_pages")
def test_a_misspelling_keeps_the_other_words_and_looks_among_closed_calls_where_none_is_open(client):
    response = client.get("/oproepen/?q=hervestging+Migranten")
    assert "Bedoelde u hervestiging Migranten ?" in text(response)
    assert 'href="/oproepen/?q=hervestiging+Migranten&amp;status=alle"' in response.content.decode()
    for nonsense in ("xyzzyqwq", "x", "qz"):
        assert "Bedoelde u" not in text(client.get(f"/oproepen/?q={nonsense}"))


# Marks ---------------------------------------------------------------------------------------------------------------


def test_found_words_are_marked_in_title_and_text(client):
    CallFactory(
        title="Café <b>voor</b> vluchtelingen & co",
        introduction=f"<p>{'Iets anders. ' * 40}</p>"
        f"<p>Een vluchteling vluchtte naar cafés, één voor één. {'En zo. ' * 90}</p>",
    )
    html = client.get("/oproepen/?q=CAFE+vluchteling").content.decode()
    assert "<mark>Café</mark> &lt;b&gt;voor&lt;/b&gt; <mark>vluchtelingen</mark> &amp; co</a>" in html
    snippet = re.search(r'<p class="snippet">(.*?)</p>', html, re.S)[1]
    assert "Een <mark>vluchteling</mark> vluchtte naar <mark>cafés</mark>, één voor één." in snippet
    assert snippet.startswith("… ")
    assert snippet.endswith(" …")
    assert len(snippet) < 400


# In place ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("calls")
def test_htmx_gets_the_results_the_counts_and_the_address(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/oproepen/"}
    response = client.get("/oproepen/?q=&status=&thema=werk&budget_van=", headers=headers)
    html = response.content.decode()
    assert (response["HX-Push-Url"], response["Vary"]) == (
        "/oproepen/?thema=werk",
        "HX-Request, Cookie, Accept-Encoding",
    )
    assert titles(response) == ["Gauw", "Straks"]
    assert "<!doctype" not in html
    assert "<title>Oproepen voor Werk – VLEVA</title>" in html
    assert '<p data-hx-swap-oob="innerHTML:#live">2 oproepen' in html
    assert '<span id="n-thema-inclusie" class="count" data-hx-swap-oob="true">1</span>' in html


@pytest.mark.usefixtures("calls")
def test_typing_fills_no_history(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/oproepen/?q=ga&thema=werk"}
    response = client.get("/oproepen/?q=gauw&thema=werk", headers=headers)
    assert response["HX-Replace-Url"] == "/oproepen/?q=gauw&thema=werk"
    assert "HX-Push-Url" not in response
    assert "HX-Push-Url" in client.get("/oproepen/?q=gauw", headers=headers)


def test_going_back_gets_the_whole_page(client):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert client.get("/oproepen/", headers=headers).content.startswith(b"<!doctype html>")


def test_the_list_keeps_to_reading(client):
    assert client.post("/oproepen/").status_code == 405


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize(
    ("query", "queries"), [("status=alle", 2), ("status=alle&q=oproep", 11), ("status=alle&weergave=tijdlijn", 5)]
)
def test_the_number_of_queries_does_not_grow(client, django_assert_num_queries, query, queries, size):
    for number in range(size):
        call = CallFactory(title=f"Oproep {number}", themes=[ThemeFactory()], deadline=timezone.now() + timedelta(9))
        call.cutoffs.create(at=timezone.now() + timedelta(days=2))
        call.objectives.create(text="Een oproep")
    CallFilter(QueryDict())
    with django_assert_num_queries(queries):
        client.get(f"/oproepen/?{query}")


# The clock -----------------------------------------------------------------------------------------------------------


def test_periods_count_from_now_also_when_no_date_passed_in_between(client):
    CallFactory(title="Zeilen", deadline=days(12), opens_at=days(-5))
    assert (found(client, "deadline=7"), found(client, "geopend=7")) == ([], ["Zeilen"])
    with time_machine.travel(days(9), tick=False):
        assert (found(client, "deadline=7"), found(client, "geopend=7")) == (["Zeilen"], [])


def test_a_theme_or_fund_newer_than_the_copy_in_memory_has_a_page(client, monkeypatch):
    stamp = CallFilter().columns.stamp
    monkeypatch.setattr("calls.models.Stamp.now", lambda: stamp)
    theme, fund = ThemeFactory(name="Nieuw"), FundFactory(abbreviation="Nieuw", period="")
    assert [client.get(row.get_absolute_url()).status_code for row in (theme, fund)] == [200, 200]
    assert client.get(f"/oproepen/?thema={theme.slug}").status_code == 200


def test_a_budget_that_fits_nothing_is_one_filter_to_drop_and_says_so(calls):
    finder = CallFilter(QueryDict("budget_van=5000000&budget_tot=100"))
    ways = [(way.label, way.state, way.total) for way in ways_out(finder)]
    assert ways == [("Budget vanaf, Budget tot", "", CallFilter(QueryDict("")).selection.total)]
