"""An editor changes a call that people follow, on a phone; then everybody reads its change log."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import expect

from accounts.models import CallChoice
from calls.models import Change
from tests.browser import log_in
from tests.factories import CallFactory, UserFactory, brussels
from tests.test_browser_accessibility import DESKTOP, PHONE, faults

WARNING = "dan krijgt 1 persoon daarvan bericht, een half uur na uw laatste wijziging."


@pytest.fixture
def call(db):
    call = CallFactory(title="Opvang", deadline=brussels(2037, 6, 1, 17), published_at=brussels(2021, 1, 1))
    CallChoice.objects.create(user=UserFactory(), call=call, kind="saved")
    return call


@pytest.fixture
def page(editor, call, browse):
    TOTP.activate(editor, generate_totp_secret())
    page = browse(viewport=PHONE)
    log_in(page, editor)
    page.goto(f"/beheer/calls/call/{call.pk}/change/")
    return page


def move_deadline(page):
    page.get_by_label("Datum:").nth(1).fill("30-06-2037")


def test_the_form_says_who_hears_of_a_change(page):
    expect(page.get_by_text(WARNING)).to_have_count(2)
    assert faults(page, sizes=[DESKTOP]) == []
    page.set_viewport_size(PHONE)
    for part in (page.locator("p.followers"), page.get_by_role("group", name="Volgers")):
        box = part.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= PHONE["width"]


def test_the_way_from_the_buttons_above_to_the_tick(page):
    page.get_by_role("link", name="Alleen een kleine wijziging?").click()
    tick = page.get_by_role("checkbox", name="Kleine wijziging: verwittig niemand")
    expect(tick).to_be_in_viewport()
    expect(tick).to_have_accessible_description(
        "Voor een verbetering die voor indieners niets verandert. De pagina van de oproep toont ze wel."
    )


def test_who_leaves_with_work_in_the_form_is_asked_first(page):
    asked, here = [], page.url
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Website bekijken").click()
    page.wait_for_url("**/localhost:*/")
    page.go_back()
    page.wait_for_url(here)
    move_deadline(page)
    page.get_by_role("link", name="Website bekijken").click()
    expect(page.get_by_label("Datum:").nth(1)).to_have_value("30-06-2037")
    assert (asked, page.url) == (["beforeunload"], here)
    page.get_by_role("button", name="Opslaan en verder bewerken").last.click()
    expect(page.get_by_text("Wijziging genoteerd: deadline.")).to_be_visible()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("minor", [False, True])
def test_a_change_is_saved_told_and_shown(page, call, minor):
    move_deadline(page)
    page.get_by_label("Kleine wijziging: verwittig niemand").set_checked(minor)
    page.get_by_role("button", name="Opslaan en verder bewerken").last.click()
    consequence = "Ze is klein: niemand krijgt bericht." if minor else "1 persoon krijgt daarvan bericht om"
    expect(page.get_by_text(f"Wijziging genoteerd: deadline. {consequence}")).to_be_visible()
    assert Change.objects.get().minor is minor
    page.goto(call.get_absolute_url())
    log = page.locator("#wijzigingen")
    expect(log.locator("del")).to_have_text("was: maandag 1 juni 2037 om 17.00 uur")
    expect(log.locator("ins")).to_have_text("is nu: dinsdag 30 juni 2037 om 17.00 uur")
    assert faults(page) == []
