"""The list of calls in a real Chromium: refreshed in place, without JavaScript, by keyboard, as a timeline."""

import re

import pytest
from playwright.sync_api import expect

from calls.models import Call
from tests.browser import hear_complaints
from tests.list_page import (
    QUIET_ABOUT_ABORTS,
    RUNNING,
    addresses,
    chosen,
    counts,
    dates_of,
    enter,
    go_to,
    hold,
    is_marked,
    make_calls,
    mark,
    option,
    release,
    see,
    shown,
    tick,
)
from tests.test_browser_accessibility import faults, faults_of

SEARCH = "Zoek in alle oproepen"
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
DATES = "cells => cells.map(cell => [...cell.querySelectorAll('time')].map(time => time.dateTime))"


@pytest.fixture
def calls(db):
    make_calls()


@pytest.fixture
def visit(calls, browse):
    """Opens the list, each time in a browser of its own."""

    def open_list(path="/oproepen/", **options):
        page = browse(**options)
        page.add_init_script(QUIET_ABOUT_ABORTS)
        page.goto(path)
        return page

    return open_list


# In place ------------------------------------------------------------------------------------------------------------


def test_typing_refreshes_the_list_around_the_visitor(visit):
    page = visit()
    see(page, 24)
    mark(page)
    pages = page.evaluate("history.length")
    search = page.get_by_label(SEARCH)
    search.press_sequentially("zonne")
    see(page, 10)
    expect(page).to_have_url(re.compile(r"/oproepen/\?q=zonne$"))
    expect(page).to_have_title("Oproepen met “zonne” – VLEVA")
    expect(page.get_by_role("status").and_(page.locator("#live"))).to_have_text(f"10 oproepen {RUNNING}")
    assert counts(page) == {"Energie": "10", "Migratie": "0", "Sport": "0"}
    expect(page.locator(".card mark").first).to_have_text("Zonnepanelen")
    search.press_sequentially("panelen 7")
    see(page, 1)
    expect(page).to_have_url(re.compile(r"/oproepen/\?q=zonnepanelen\+7$"))
    # One step back leads to where the typing began.
    assert page.evaluate("history.length") == pages + 1
    expect(search).to_be_focused()
    assert is_marked(page)


def test_an_answer_leaves_what_was_typed_meanwhile_and_the_caret(visit):
    page = visit()
    held = hold(page, "q=zonnelen")
    search = page.get_by_label(SEARCH)
    with page.expect_request(re.compile("q=zonnelen")):
        search.fill("zonnelen")
    for _ in "len":
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("pa")
    release(held)
    page.keyboard.type("ne")
    see(page, 10)
    expect(search).to_have_value("zonnepanelen")
    expect(search).to_be_focused()
    assert search.evaluate("input => input.selectionStart") == len("zonnepane")


def test_a_result_is_clicked_right_after_typing(visit):
    """Leaving the search box refreshes nothing: the link would be gone before the mouse button comes up."""
    page = visit()
    page.get_by_label(SEARCH).press_sequentially("zonnepanelen")
    see(page, 10)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Zonnepanelen 0").hover()
    page.mouse.down()
    assert (page.evaluate("document.activeElement.id"), asked) == ("", [])
    page.mouse.up()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zonnepanelen 0")


def test_ticking_makes_an_address_that_shows_another_browser_the_same(visit):
    page = visit()
    mark(page)
    tick(page, "Migratie")
    see(page, 12)
    expect(page).to_have_title("Oproepen voor Migratie – VLEVA")
    tick(page, "Scholen")
    see(page, 6)
    tick(page, "Alle ", role="radio")
    see(page, 6, "")
    tick(page, "Sport")
    see(page, 6, "")
    expect(page).to_have_url(re.compile(r"/oproepen/\?status=alle&thema=migratie&thema=sport&organisatie=scholen$"))
    expect(page).not_to_have_title(re.compile("Migratie"))
    assert counts(page) == {"Energie": "5", "Migratie": "6", "Sport": "0"}
    assert is_marked(page)
    other = visit(page.url)
    assert shown(other) == shown(page)


def test_the_heading_and_the_number_of_filters_follow_the_filters(visit):
    page = visit("/oproepen/?thema=migratie&onzin=1", viewport={"width": 390, "height": 844})
    expect(page.get_by_role("heading", level=1)).to_have_text("Oproepen voor Migratie")
    page.get_by_text("Filters (1)").click()
    tick(page, "Sport")
    see(page, 14)
    expect(page.get_by_role("heading", level=1)).to_have_text("Oproepen")
    expect(page.locator(".filters > summary")).to_have_text("Filters (2)")
    expect(page.get_by_text("onzin=1")).to_have_count(0)


def test_back_and_forward_lead_through_the_filters(visit):
    page = visit()
    steps = [shown(page)]
    for theme, total in {"Energie": 10, "Sport": 12}.items():
        tick(page, theme)
        see(page, total)
        steps.append(shown(page))
    page.get_by_role("link", name="Zonnepanelen 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zonnepanelen 3")
    for step, total in [(2, 12), (1, 10), (0, 24)]:
        page.go_back()
        see(page, total)
        assert shown(page) == steps[step]
    page.go_forward()
    see(page, 10)
    assert shown(page) == steps[1]


def test_chips_take_filters_away(visit):
    page = visit("/oproepen/?q=zonnepanelen&thema=energie&organisatie=scholen")
    see(page, 5)
    page.get_by_role("link", name="Verwijder: Type organisatie: Scholen").click()
    see(page, 10)
    expect(page).to_have_url(re.compile(r"/oproepen/\?q=zonnepanelen&thema=energie$"))
    assert (chosen(page), page.get_by_label(SEARCH).input_value()) == (["Energie"], "zonnepanelen")
    page.get_by_role("link", name="Alles wissen").click()
    expect(page).to_have_url(re.compile("/oproepen/$"))
    see(page, 24)
    assert (chosen(page), page.get_by_label(SEARCH).input_value()) == ([], "")
    expect(page.get_by_role("list", name="Gekozen filters")).to_have_count(0)


def test_a_slow_answer_never_replaces_a_newer_one(visit):
    page = visit()
    held = hold(page, "thema=energie&deadline")
    tick(page, "Energie")
    with page.expect_event("requestfailed") as given_up:
        tick(page, "Migratie")
    see(page, 22)
    release(held)
    assert "thema=energie&deadline" in given_up.value.url
    expect(page).to_have_url(re.compile(r"/oproepen/\?thema=energie&thema=migratie$"))
    assert chosen(page) == ["Energie", "Migratie"]


def test_a_lost_connection_loses_nothing(calls, new_context, site):
    """Not `browse`: here the browser rightly complains."""
    complaints = []
    context = new_context(base_url=site, locale="nl-BE")
    hear_complaints(context, complaints)
    page = context.new_page()
    page.goto("/oproepen/")
    context.set_offline(True)
    with page.expect_event("requestfailed"):
        tick(page, "Energie")
    see(page, 24)
    expect(page).to_have_url(re.compile("/oproepen/$"))
    assert chosen(page) == ["Energie"]
    context.set_offline(False)
    page.get_by_label(SEARCH).press_sequentially("zonnepanelen 3")
    see(page, 1)
    expect(page).to_have_url(re.compile(r"\?q=zonnepanelen\+3&thema=energie$"))
    assert [one for one in complaints if not re.search("htmx:|ERR_INTERNET_DISCONNECTED", one)] == []


# Without JavaScript, by keyboard -------------------------------------------------------------------------------------


def test_the_same_form_works_without_javascript(visit):
    page = visit(java_script_enabled=False)
    tick(page, "Energie")
    tick(page, "Migratie")
    page.get_by_role("button", name="Toon oproepen").click()
    see(page, 22)
    assert chosen(page) == ["Energie", "Migratie"]
    assert counts(page) == {"Energie": "10", "Migratie": "12", "Sport": "2"}
    page.get_by_role("link", name="Volgende ›").click()
    assert page.locator(".card h3").all_inner_texts() == ["Vluchtelingen 20", "Vluchtelingen 21"]
    page.get_by_label(SEARCH).fill("zonnepanelen")
    page.get_by_role("button", name="Zoeken").click()
    see(page, 10)
    page.get_by_role("link", name="Verwijder: Thema: Migratie").click()
    expect(page).to_have_url(re.compile(r"/oproepen/\?q=zonnepanelen&thema=energie$"))
    page.get_by_role("link", name="Tijdlijn").click()
    expect(page.locator(".timeline li")).to_have_count(10)
    page.get_by_text("Hetzelfde als tabel").click()
    expect(page.get_by_role("rowheader")).to_have_count(10)
    page.get_by_role("link", name="Lijst").click()
    expect(page.locator(".card")).to_have_count(10)


@pytest.mark.parametrize("wide", [True, False], ids=["wide", "phone"])
def test_the_list_by_keyboard_alone(wide, visit):
    page = visit(viewport={"width": 1280 if wide else 390, "height": 900})
    go_to(page, page.get_by_label(SEARCH))
    page.keyboard.type("zonnepanelen\n")
    see(page, 10)
    expect(page.get_by_label(SEARCH)).to_be_focused()
    if not wide:
        go_to(page, page.locator(".filters > summary"))
        page.keyboard.press("Enter")
    go_to(page, option(page, "Energie"))
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("thema=energie"))
    expect(option(page, "Energie")).to_be_focused()
    go_to(page, page.locator("summary", has_text="Fonds"))
    page.keyboard.press("Enter")
    go_to(page, option(page, "Morgen"))
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("fonds="))
    enter(page, page.get_by_role("link", name="Verwijder: Thema: Energie"))
    expect(page).to_have_url(re.compile(r"/oproepen/\?q=zonnepanelen&fonds=[^&]+$"))
    enter(page, page.get_by_role("link", name="Tijdlijn"))
    enter(page, page.locator(".timeline").get_by_role("link", name="Zonnepanelen 0"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Zonnepanelen 0")


# As it looks ---------------------------------------------------------------------------------------------------------


def test_axe_finds_nothing_on_the_lists(visit):
    page = visit()
    found = faults(page) + faults_of(page, ["/oproepen/?q=zonnepanelen&pagina=1", "/oproepen/?q=zonnepanelne"])
    expect(page.get_by_text("Bedoelde u zonnepanelen?")).to_be_visible()
    many = "/oproepen/?status=alle&thema=energie&thema=sport&organisatie=scholen&budget_van=1&q=niets+hiervan&onzin=1"
    assert found + faults_of(page, [many, "/oproepen/?status=onbekend", "/oproepen/bestaat-niet/"]) == []


def test_axe_finds_nothing_on_open_filters_and_the_timeline(visit):
    page = visit("/oproepen/?status=alle&weergave=tijdlijn")
    page.evaluate(OPEN_ALL)
    assert faults(page) == []


@pytest.mark.parametrize(
    "query", ["", "q=zonnepanelen&thema=energie", "status=alle&weergave=tijdlijn", "q=zonepanelen"]
)
def test_an_enlarged_list_does_not_scroll_sideways(query, visit):
    page = visit(f"/oproepen/?{query}", viewport={"width": 640, "height": 450}, device_scale_factor=2)
    page.evaluate(OPEN_ALL)
    widths = dict.fromkeys((640, 390, 320))
    for width in widths:
        page.set_viewport_size({"width": width, "height": 450})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")
    assert widths == {640: 640, 390: 390, 320: 320}


def test_the_table_says_all_that_the_timeline_draws(visit):
    page = visit("/oproepen/?status=alle&weergave=tijdlijn&thema=sport")
    assert page.locator(".timeline svg:not([aria-hidden=true])").count() == 0
    page.get_by_text("Hetzelfde als tabel").click()
    table = page.get_by_role("table")
    assert addresses(table) == addresses(page.locator(".timeline ol"))
    rows = [row.locator("td:nth-child(n+3)").evaluate_all(DATES) for row in table.locator("tbody tr").all()]
    assert rows == [dates_of(Call.objects.get(title=title)) for title in ("Judo", "Zwemmen", "Schaken")]
    assert table.locator("td:nth-child(2)").all_inner_texts() == ["Opent later", "Open", "Gesloten"]
    for link in page.locator(".timeline ol a").all():
        link.focus()
        expect(link).to_be_focused()
