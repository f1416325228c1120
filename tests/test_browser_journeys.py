"""Whole journeys through the site in a real Chromium, with mail over real SMTP."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import expect

from accounts.models import Follow
from calls.models import Action, Call
from tests.browser import confirm_password, fill_login, log_in, register, register_passkey, totp_code
from tests.factories import CallFactory

BANNER = (
    "U heeft thema's geselecteerd om te volgen, maar deze worden niet opgeslagen zolang u niet bent ingelogd. "
    "Login of registreer om deze thema's te blijven volgen."
)


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


def test_an_editor_sets_up_a_second_factor_and_changes_a_call(five_pages, editor, browse, settings):
    # A code may come from the half minute before or after, so that the clock cannot fail the test.
    settings.MFA_TOTP_TOLERANCE = 1
    page = browse()
    page.goto("/beheer/")
    fill_login(page, editor.email)
    secret = set_up_authenticator(page)

    open_in_admin(page, Call.objects.get(code="AMIF-2020-AG-CALL-03"))
    page.locator("#id_deadline_0").fill("31-12-2099")
    page.locator("#id_deadline_1").fill("17:30")
    write(page, "#actions-1", "Migrantenraden in elke gemeente [1]")
    save(page)
    page.get_by_role("link", name="Weergeven op website").click()
    expect(page.get_by_role("definition").filter(has_text="Belgische tijd")).to_contain_text(
        "donderdag 31 december 2099 om 17.30 uur (Belgische tijd)"
    )
    expect(page.locator("#acties li")).to_have_count(4)
    expect(page.locator("#acties li").nth(1)).to_have_text("Migrantenraden in elke gemeente [1]")

    log_out(page)
    page.goto("/beheer/")
    fill_login(page, editor.email)
    page.get_by_label("Code").fill(totp_code(secret, step=1))
    page.get_by_role("button", name="Inloggen", exact=True).click()
    expect(page.get_by_role("heading", name="Inhoud")).to_be_visible()


def test_an_editor_numbers_drags_and_adds_actions(editor, browse):
    TOTP.activate(editor, generate_totp_secret())
    call = CallFactory()
    Action.objects.bulk_create(
        Action(call=call, order=n, text=f"<p>{text}</p>") for n, text in enumerate(["een", "twee", "drie", "vier"], 1)
    )
    # High enough for the mouse to reach all rows.
    page = browse(viewport={"width": 1280, "height": 1600})
    log_in(page, editor)

    open_in_admin(page, call)
    page.locator("#actions-0").get_by_label("Volgorde").fill("9")
    page.get_by_role("button", name="Nog een Actie toevoegen").click()
    write(page, "#actions-4", "vijf")
    drag(page, "#actions-3", above="#actions-1")
    save(page)
    page.get_by_role("link", name="Weergeven op website").click()
    assert page.locator("#acties li").all_inner_texts() == ["vier", "twee", "drie", "een", "vijf"]


def test_a_passkey_is_registered_and_logs_in(user, browse):
    page = browse()
    page.goto("/account/login/")
    fill_login(page, user.email)
    page.get_by_label("Mijn account").get_by_role("link", name="Tweestapsverificatie").click()
    page.get_by_role("link", name="Toevoegen").click()
    confirm_password(page)
    register_passkey(page)
    expect(page.get_by_role("heading", name="Herstelcodes")).to_be_visible()

    log_out(page)
    page.goto("/account/login/")
    page.get_by_role("button", name="Inloggen met een toegangssleutel").click()
    expect(page).to_have_url(re.compile("/mijn/$"))
    expect(page.get_by_role("main")).to_contain_text(user.email)


# A visitor's steps ---------------------------------------------------------------------------------------------------


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


def confirm(page, mailbox):
    code = page.get_by_label("Code")
    expect(code).to_be_visible()
    code.fill(mailbox.last_code())
    assert [message["To"] for message in mailbox.messages] == ["lezer@example.org"]
    page.get_by_role("button", name="Bevestigen").click()


def log_out(page):
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_label("Account").get_by_role("link", name="Inloggen")).to_be_visible()


def themes_on_my_page(page):
    page.goto("/mijn/")
    section = page.locator("section", has=page.get_by_role("heading", name="Thema's die u volgt"))
    return section.get_by_role("heading", level=3).all_inner_texts()


# An editor's steps ---------------------------------------------------------------------------------------------------


def set_up_authenticator(page):
    """The editors' desk sends whoever has no second factor here. Gives the secret of the app."""
    expect(page).to_have_url(re.compile("/account/2fa/$"))
    expect(page.get_by_role("status").get_by_role("listitem").last).to_have_text(
        "Voor de redactie is tweestapsverificatie nodig. Stel die eerst in."
    )
    page.get_by_role("link", name="Inschakelen").click()
    confirm_password(page)
    secret = page.get_by_label("Sleutel voor de authenticator-app").input_value()
    page.get_by_label("Code uit de authenticator-app").fill(totp_code(secret))
    page.get_by_role("button", name="Inschakelen").click()
    expect(page.get_by_label("Ongebruikte herstelcodes")).to_have_value(re.compile(r"^(\d{8}\s){9}\d{8}$"))
    page.get_by_role("link", name="Redactie").click()
    return secret


def open_in_admin(page, call):
    page.goto("/beheer/")
    page.get_by_role("main").get_by_role("rowheader").get_by_role("link", name="Oproepen").click()
    page.get_by_role("rowheader").get_by_role("link", name=call.title).click()


def write(page, row, text):
    """Replaces the text in a row's editor, by keyboard as an editor would."""
    page.locator(f"{row} .ProseMirror[contenteditable]").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def drag(page, row, above):
    """By the handle beside the row's number. The browser wants to see the mouse on its way."""
    handle = page.locator(f"{row} .admin-ordering-field-input-wrapper")
    page.locator(above).scroll_into_view_if_needed()
    start, end = handle.bounding_box(), page.locator(above).bounding_box()
    x = start["x"] + 5
    page.mouse.move(x, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, end["y"] + 5, steps=20)
    page.mouse.up()


def save(page):
    """Saves and stays on the page."""
    page.get_by_role("button", name="Opslaan en verder bewerken").first.click()
    expect(page.get_by_text("Gewijzigd: oproep")).to_be_visible()
