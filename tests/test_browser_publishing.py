"""An editor checks, previews and publishes a call in a real browser, with the keyboard where that matters."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import expect

from calls.models import Call
from tests.browser import log_in
from tests.factories import CallFactory, brussels
from tests.test_browser_accessibility import DESKTOP, PHONE, faults

TICK = re.compile("Toch publiceren, met 4 waarschuwingen")


@pytest.fixture
def call(db):
    return CallFactory(
        title="Opvang",
        published_at=None,
        deadline=brussels(2037, 6, 2, 17),
        objectives_before="<p>Doel</p>",
        info_contact="<p>De deadline is 3 juni 2037.</p>",
    )


@pytest.fixture
def page(editor, call, browse):
    TOTP.activate(editor, generate_totp_secret())
    page = browse(viewport=DESKTOP)
    log_in(page, editor)
    page.goto(f"/beheer/calls/call/{call.pk}/change/")
    return page


def test_from_warnings_to_a_public_page(page, call):
    title = page.get_by_label("Titel:", exact=True).first
    title.fill("Getypte titel")
    page.get_by_role("button", name="Nu publiceren").first.click()
    expect(title).to_have_value("Getypte titel")
    problems = page.get_by_role("region", name="Controle: 5 waarschuwingen")
    expect(problems.get_by_role("listitem")).to_have_count(5)
    problems.get_by_role("link", name="De inleiding is leeg.").click()
    expect(page.get_by_role("textbox", name="Inleiding")).to_be_focused()
    page.keyboard.type("Een inleiding")
    page.get_by_role("button", name="Opslaan en verder bewerken").first.click()
    tick = page.get_by_role("checkbox", name=TICK)
    tick.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Opslaan en verder bewerken").first.click()
    expect(page.locator("p.state", has_text="Gepubliceerd op")).to_be_visible()
    stored = Call.objects.get()
    assert (stored.title, stored.introduction, stored.is_published) == ("Getypte titel", "<p>Een inleiding</p>", True)


def test_a_preview_in_another_tab_leaves_the_form_as_it_is(page, call):
    page.get_by_label("Titel:", exact=True).first.fill("Getypte titel")
    for _time in range(2):
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Voorbeeld").first.click()
        expect(opened.value.get_by_role("heading", name="Getypte titel")).to_be_visible()
        expect(opened.value.get_by_text("Zo zal de pagina eruitzien.")).to_be_visible()
    assert faults(opened.value, sizes=[PHONE]) == []
    expect(page.get_by_label("Titel:", exact=True).first).to_have_value("Getypte titel")
    assert Call.objects.get().title == "Opvang"
    page.get_by_role("button", name="Opslaan", exact=True).first.click()
    expect(page.get_by_text("Gewijzigd: oproep")).to_be_visible()


def test_the_link_for_a_colleague(page, browse):
    field = page.get_by_label("Voorbeeld voor een collega zonder account")
    expect(field).to_have_value(re.compile(r"/voorbeeld/.+/$"))
    colleague = browse()
    colleague.goto(field.input_value())
    expect(colleague.get_by_text("Deze oproep is nog niet openbaar.")).to_be_visible()
    assert faults(colleague, sizes=[PHONE, DESKTOP]) == []


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_fits_and_can_be_read(page, size, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for part in (page.locator(".publishing"), page.locator("section.problems")):
        box = part.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= size["width"]
    assert faults(page, sizes=[size]) == []


def test_the_other_pages_fit_too(page, call):
    for path in (f"/beheer/calls/call/{call.pk}/volgende-editie/", "/beheer/calls/link/", "/beheer/calls/call/"):
        page.goto(path)
        assert faults(page, sizes=[DESKTOP]) == []
    page.goto(f"/beheer/calls/call/{call.pk}/volgende-editie/")
    page.get_by_role("button", name="Ontwerp maken").dblclick()
    expect(page.get_by_text("Er is een ontwerp van de volgende editie gemaakt.")).to_be_visible()
    assert Call.objects.count() == 2
