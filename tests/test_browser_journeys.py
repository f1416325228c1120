"""Whole journeys through the site in a real Chromium, with mail over real SMTP."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from accounts.models import Follow
from calls.models import Action, Call
from tests.browser import log_in, totp_code
from tests.factories import CallFactory

BANNER = (
    "U heeft thema's geselecteerd om te volgen, maar deze worden niet opgeslagen zolang u niet bent ingelogd. "
    "Login of registreer om deze thema's te blijven volgen."
)
PASSWORD = "een-lang-wachtwoord"


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_visitors_theme_is_kept_by_registering_and_by_logging_in_again(javascript, five_pages, browse, mailbox):
    page = browse(java_script_enabled=javascript)
    follow_migratie(page, in_place=javascript)
    see_banner_everywhere(page)

    page.goto("/oproepen/?thema=migratie")
    banner(page).get_by_role("link", name="registreer").click()
    register(page, "lezer@example.org")
    confirm(page, mailbox)
    expect(page).to_have_url(re.compile(r"/oproepen/\?thema=migratie$"))
    expect(banner(page)).to_have_count(0)
    assert list(Follow.objects.values_list("user__email", "theme__name")) == [("lezer@example.org", "Migratie")]
    assert themes_on_my_page(page) == ["Migratie"]

    log_out(page)
    expect(banner(page)).to_have_count(0)
    page.goto("/themas/migratie/")
    expect(page.get_by_role("link", name="Volg Migratie")).to_be_visible()

    page.goto("/account/login/")
    fill_login(page, "lezer@example.org")
    expect(page).to_have_url(re.compile("/mijn/$"))
    assert themes_on_my_page(page) == ["Migratie"]


def test_an_editor_sets_up_a_second_factor_and_changes_a_call(five_pages, editor, browse):
    page = browse()
    page.goto("/beheer/")
    fill_login(page, editor.email)
    secret = set_up_authenticator(page)
    page.get_by_role("link", name="Redactie").click()
    expect(page.get_by_role("heading", name="Inhoud")).to_be_visible()

    call = Call.objects.get(code="AMIF-2020-AG-CALL-03")
    page.get_by_role("main").get_by_role("link", name="Oproepen").click()
    page.get_by_role("link", name=call.title).click()
    page.get_by_label("Datum").nth(1).fill("31-12-2099")
    print(page.content())


def set_up_authenticator(page):
    """The editors' desk sends whoever has no second factor here. Gives the secret of the app."""
    expect(page).to_have_url(re.compile("/account/2fa/$"))
    expect(page.get_by_role("status").get_by_role("listitem").last).to_have_text(
        "Voor de redactie is tweestapsverificatie nodig. Stel die eerst in."
    )
    page.get_by_role("link", name="Inschakelen").click()
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Bevestigen").click()
    secret = page.locator("#authenticator_secret").input_value()
    page.get_by_label("Authenticatorcode").fill(totp_code(secret))
    page.get_by_role("button", name="Inschakelen").click()
    expect(page.get_by_role("heading", name="Herstelcodes")).to_be_visible()
    return secret


def follow_migratie(page, in_place):
    """From the home page; with JavaScript the form opens where the link was, else on a page of its own."""
    page.goto("/")
    page.get_by_label("Hoofdmenu").get_by_role("link", name="Thema's").click()
    page.get_by_role("main").get_by_role("link", name="Migratie").click()
    page.get_by_role("link", name="Volg Migratie").click()
    follow = page.get_by_role("button", name="Volg Migratie")
    expect(follow).to_be_visible()
    expect(page).to_have_url(re.compile("/themas/migratie/$" if in_place else r"/themas/migratie/volgen/\?next="))
    follow.click()
    expect(page).to_have_url(re.compile("/themas/migratie/$"))


def banner(page):
    return page.get_by_role("region", name="Uw gekozen thema's")


def see_banner_everywhere(page):
    expect(banner(page)).to_have_text(BANNER)
    for path in ["/", "/oproepen/", Call.objects.first().get_absolute_url(), "/contacten/", "/account/login/"]:
        page.goto(path)
        expect(banner(page)).to_have_text(BANNER)


def register(page, email):
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord:", exact=True).fill(PASSWORD)
    page.get_by_label("Wachtwoord (nog eens)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Registreren").click()


def confirm(page, mailbox):
    code = page.get_by_label("Code")
    expect(code).to_be_visible()
    assert [message["To"] for message in mailbox.messages] == ["lezer@example.org"]
    code.fill(mailbox.last_code())
    page.get_by_role("button", name="Bevestigen").click()


def fill_login(page, email):
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord", exact=False).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Inloggen", exact=True).click()


def log_out(page):
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_label("Account").get_by_role("link", name="Inloggen")).to_be_visible()


def themes_on_my_page(page):
    page.goto("/mijn/")
    section = page.locator("section", has=page.get_by_role("heading", name="Thema's die u volgt"))
    return section.get_by_role("heading", level=3).all_inner_texts()
