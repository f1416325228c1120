"""The site by keyboard alone, and enlarged: the focus is seen, nothing is out of reach."""

import pytest
from playwright.sync_api import expect

from accounts.following import follow
from calls.models import Call
from funds.models import Theme
from tests.browser import log_in

OUTLINE = """() => {
  const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
  return document.activeElement.matches(":focus-visible") && outlineStyle !== "none" ? parseFloat(outlineWidth) : 0;
}"""


@pytest.mark.parametrize("path", ["/", "/oproepen/", "/account/login/"])
def test_the_first_stop_of_the_keyboard_leads_past_the_menu(path, db, browse):
    page = browse()
    page.goto(path)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Ga naar de inhoud")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_theme_is_followed_by_keyboard_alone(five_pages, browse):
    page = browse()
    page.goto("/")
    enter(page, page.get_by_label("Hoofdmenu").get_by_role("link", name="Thema's"))
    enter(page, page.get_by_role("main").get_by_role("link", name="Migratie"))
    enter(page, page.get_by_role("link", name="Volg Migratie"))
    # The form took the place of the link: the keyboard goes on there.
    expect(page.get_by_role("button", name="Volg Migratie")).to_be_focused()
    page.keyboard.press("Enter")
    enter(page, page.get_by_role("region", name="Uw gekozen thema's").get_by_role("link", name="registreer"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Registreren")


def enter(page, link):
    """Goes to the link with Tab, past stops that can all be seen, and follows it."""
    expect(link).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTLINE) >= 2, page.evaluate("document.activeElement.outerHTML")
        if link.evaluate("link => link === document.activeElement"):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"{link} is not among the first 60 stops of the keyboard")


# 1280x1024 enlarged to 200% and 400%.
@pytest.mark.parametrize("size", [{"width": 640, "height": 512}, {"width": 320, "height": 256}], ids=["200%", "400%"])
def test_an_enlarged_page_does_not_scroll_sideways(size, five_pages, user, browse):
    follow(user, Theme.objects.filter(slug="migratie").values_list("pk", flat=True))
    page = browse(viewport=size)
    log_in(page, user)
    paths = ["/", "/oproepen/", "/mijn/", "/account/email/", *[call.get_absolute_url() for call in Call.objects.all()]]
    widths = {}
    for path in paths:
        page.goto(path)
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(paths, size["width"])
