"""Preferences, unsubscribing, the own calendar and my data in a real browser: axe, the keyboard, a phone."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Message, Notice, User
from accounts.unsubscribe import address
from calls.announcing import announce
from tests.browser import confirm_password, log_in
from tests.factories import CallFactory, EditorFactory, ThemeFactory
from tests.test_browser_accessibility import PHONE, faults, faults_of
from tests.test_browser_keyboard import OUTLINE


@pytest.fixture
def reader(user):
    """Somebody with all that these pages can show: notices in every state, a full preview, an address that bounced."""
    theme = ThemeFactory(name="Migratie")
    user.themes.add(theme)
    now = timezone.now()
    states = [{"sent_at": now}, {"failed_at": now}, {}]
    for kind, state in zip(["new", "change", "reminder", "next"], [*states, None], strict=True):
        call = CallFactory(themes=[theme], title_language="en", published_at=now - timedelta(days=2))
        mail = state is not None and Message.objects.create(user=user, recipient=user.email, content=b"", **state)
        Notice.objects.create(user=user, call=call, kind=kind, message=mail or None)
    announce()
    User.objects.update(told_until=0, bounced_at=now, bounce="550 5.1.1 User unknown", private_key="k" * 43)
    return user


def link(user, site):
    return address(user, "new").replace(settings.SITE_URL, site)


def test_axe_finds_nothing_on_these_pages(reader, browse, site):
    page = browse()
    found = faults_of(page, [link(reader, site), f"{site}/afmelden/x/", "/privacy/"])
    page.goto(link(reader, site))
    page.get_by_role("button", name="Stop deze mail").click()
    page.get_by_text("Van gedachten veranderd?").click()
    expect(page.get_by_role("button", name="Zet deze mail weer aan")).to_be_visible()
    found += faults(page)
    log_in(page, reader)
    own = ["", "voorkeuren/", "voorkeuren/voorbeeld/", "agenda/", "gegevens/"]
    found += faults_of(page, [f"/mijn/{name}" for name in own])
    page.get_by_role("link", name="Agenda en feed", exact=True).click()
    page.get_by_role("button", name="Verwijder de adressen").click()
    expect(page.get_by_role("button", name="Maak mijn adressen")).to_be_visible()
    assert found + faults(page) == []


def test_axe_finds_nothing_on_a_form_with_mistakes(reader, browse):
    page = browse()
    log_in(page, reader)
    page.goto("/mijn/voorkeuren/")
    for days in ("14 dagen vooraf", "1 dag vooraf"):
        page.get_by_label(days, exact=True).uncheck()
    page.get_by_role("button", name="Voorkeuren bewaren").click()
    expect(page.get_by_role("group", name="Hoelang vooraf")).to_have_accessible_description(
        "Kies minstens één moment, of kies helemaal geen herinneringen."
    )
    assert faults(page) == []


def test_axe_finds_nothing_on_the_page_that_deletes(reader, browse):
    EditorFactory(is_superuser=True)
    page = browse()
    log_in(page, reader)
    page.goto("/mijn/verwijderen/")
    confirm_password(page)
    expect(page.get_by_role("button", name="Verwijder mijn account voorgoed")).to_be_visible()
    assert faults(page) == []


def test_preferences_by_keyboard_alone(reader, browse):
    page = browse()
    log_in(page, reader)
    page.goto("/mijn/voorkeuren/")
    tab_to(page, page.get_by_label("Elke week, op maandag"))
    page.keyboard.press("ArrowUp")
    tab_to(page, page.get_by_label("Mail me over wijzigingen"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Elke oproep die u volgt"))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("7 dagen vooraf"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Voorkeuren bewaren"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Uw voorkeuren zijn bewaard.")
    names = ["digest", "tells_changes", "remind_of", "reminder_days", "tells_next_editions"]
    assert User.objects.values_list(*names).get(pk=reader.pk) == ("daily", False, "saved", [14, 7, 1], True)


def tab_to(page, element):
    """Goes there with Tab, past stops that can all be seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTLINE) >= 2, page.evaluate("document.activeElement.outerHTML")
        if element.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{element} is not among the next 60 stops of the keyboard")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_unsubscribing_on_a_phone_and_back(reader, browse, site, scripts):
    page = browse(viewport=PHONE, java_script_enabled=scripts)
    page.goto(link(reader, site))
    page.get_by_role("button", name="Stop deze mail").click()
    expect(page.get_by_role("main")).to_contain_text("krijgt niet langer de mail met nieuwe oproepen.")
    assert User.objects.get(pk=reader.pk).digest == "off"
    page.get_by_text("Van gedachten veranderd?").click()
    page.get_by_role("button", name="Zet deze mail weer aan").click()
    expect(page.get_by_role("main")).to_contain_text("krijgt opnieuw de mail met nieuwe oproepen.")
    assert User.objects.get(pk=reader.pk).digest == "weekly"
    page.get_by_role("button", name="Stop alle mails over oproepen").click()
    expect(page.get_by_role("main")).to_contain_text("krijgt geen mails over oproepen meer.")
    assert page.context.cookies() == []


def test_my_data_is_taken_along_and_the_account_deleted_on_a_phone(reader, browse):
    page = browse(viewport=PHONE)
    log_in(page, reader)
    page.goto("/mijn/gegevens/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download mijn gegevens").click()
    assert download.value.suggested_filename == f"vleva-mijn-gegevens-{timezone.localdate():%Y-%m-%d}.json"
    page.get_by_role("link", name="Mijn account verwijderen…").click()
    confirm_password(page)
    page.get_by_role("button", name="Verwijder mijn account voorgoed").click()
    expect(page.get_by_role("status").first).to_have_text(
        "Uw account is verwijderd, met alles wat we ervan bijhielden."
    )
    expect(page.get_by_role("link", name="Inloggen")).to_be_visible()
    assert User.objects.count() == 0


def test_an_address_is_tried_again_from_ones_own_page(reader, browse):
    page = browse()
    log_in(page, reader)
    page.goto("/mijn/")
    page.get_by_role("region", name="Uw e-mailadres").get_by_role("button", name="Probeer opnieuw").click()
    expect(page.get_by_role("status").first).to_contain_text("Vanaf nu sturen we weer mails naar")
    expect(page.get_by_role("region", name="Uw e-mailadres")).not_to_be_visible()
