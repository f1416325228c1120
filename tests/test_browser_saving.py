"""Saving calls and searches in a real Chromium: with and without JavaScript, by keyboard, and looked at by axe."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import CallChoice, SavedSearch
from calls.models import Call
from tests.browser import fill_login, log_in
from tests.factories import CallFactory
from tests.list_page import enter, go_to
from tests.test_browser_accessibility import faults, faults_of

BANNER = (
    "U heeft oproepen of zoekopdrachten bewaard, maar deze worden niet opgeslagen zolang u niet bent ingelogd. "
    "Login of registreer om ze te bewaren."
)


@pytest.fixture
def content(five_pages):
    """The five closed calls and an open one."""
    return CallFactory(title="Taallessen in de buurt")


def button(page, name):
    return page.get_by_role("main").get_by_role("button", name=name, exact=True)


def link(page, name):
    return page.get_by_role("main").get_by_role("link", name=name, exact=True)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_what_a_visitor_saves_is_there_after_logging_in(javascript, content, user, browse):
    page = browse(java_script_enabled=javascript)
    over = Call.objects.closed().first()
    save_call(page, content, "Bewaar deze oproep", in_place=javascript)
    expect(link(page, "✓ Bewaard")).to_be_visible()
    expect(page.get_by_role("region", name="Wat u bewaarde")).to_have_text(BANNER)
    save_call(page, over, "Verwittig mij bij de volgende oproep", in_place=javascript)

    page.goto("/oproepen/?status=gesloten&thema=migratie")
    link(page, "Bewaar deze zoekopdracht").click()
    expect(page.get_by_label("Naam van de zoekopdracht")).to_have_value("Gesloten, Migratie")
    page.get_by_label("Naam van de zoekopdracht").fill("Oude oproepen")
    button(page, "Bewaar deze zoekopdracht").click()
    expect(page).to_have_url(re.compile(r"/oproepen/\?status=gesloten&thema=migratie$"))

    page.get_by_label("Account").get_by_role("link", name="Bewaard").click()
    expect(page.locator("#bewaard h3")).to_have_text("Taallessen in de buurt")
    expect(page.locator("#zoekopdrachten h3")).to_contain_text("Oude oproepen")
    expect(page.locator("#volgende h3")).to_have_text(over.title)
    page.get_by_role("region", name="Wat u bewaarde").get_by_role("link", name="Login").click()
    fill_login(page, user.email)
    # The page of visitors sends on to the user's own.
    expect(page).to_have_url(re.compile("/mijn/$"))
    expect(page.locator("#bewaard h3")).to_have_text("Taallessen in de buurt")
    assert list(SavedSearch.objects.values_list("user", "name")) == [(user.pk, "Oude oproepen")]
    kinds = CallChoice.objects.order_by("kind").values_list("user", "kind", "call")
    assert list(kinds) == [(user.pk, "next", over.pk), (user.pk, "saved", content.pk)]


def save_call(page, call, words, in_place):
    """From the call's page; with JavaScript the form opens where the link was, else on a page of its own."""
    page.goto(call.get_absolute_url())
    link(page, words).click()
    expect(button(page, words)).to_be_visible()
    expect(page).to_have_url(re.compile(f"{call.slug}/$" if in_place else f"{call.slug}/bewaren/"))
    button(page, words).click()
    expect(page).to_have_url(re.compile(f"{call.slug}/$"))


def test_a_call_is_saved_by_keyboard_alone(content, browse):
    page = browse()
    page.goto(content.get_absolute_url())
    enter(page, link(page, "Bewaar deze oproep"))
    expect(button(page, "Bewaar deze oproep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(link(page, "✓ Bewaard")).to_be_visible()
    enter(page, page.get_by_label("Account").get_by_role("link", name="Bewaard"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Wat u bewaarde")


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_user_sets_reminders_renames_and_undoes(javascript, content, user, browse):
    CallChoice.objects.create(user=user, call=content, kind="saved")
    SavedSearch.objects.create(user=user, state="status=open", name="Open")
    page = browse(java_script_enabled=javascript)
    log_in(page, user)
    page.goto("/mijn/")
    page.get_by_text("Herinneringen: zoals mijn voorkeuren").click()
    page.get_by_label("zoveel dagen voor de datum:").check()
    for day in ("30", "7"):
        page.get_by_label(day, exact=True).check()
    button(page, "Herinneringen wijzigen").click()
    expect(page.get_by_text("Herinneringen: 30, 7 dagen vooraf")).to_be_visible()
    assert CallChoice.objects.get().reminder_days == [30, 7]

    page.locator("#zoekopdrachten summary").click()
    page.get_by_label("Naam van de zoekopdracht").fill("Wat open is")
    button(page, "Hernoemen").click()
    expect(page.locator("#zoekopdrachten h3")).to_contain_text("Wat open is")

    page.goto(content.get_absolute_url())
    button(page, "Niet relevant").click()
    button(page, "Niet relevant ✓ – ongedaan maken").click()
    expect(button(page, "Niet relevant")).to_be_visible()
    assert CallChoice.objects.count() == 0


def test_a_user_reaches_the_reminders_by_keyboard(content, user, browse):
    CallChoice.objects.create(user=user, call=content, kind="saved")
    page = browse()
    log_in(page, user)
    page.goto("/mijn/")
    enter(page, page.locator("#bewaard summary"))
    go_to(page, page.get_by_label("zoals mijn voorkeuren"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("geen herinneringen aan deze oproep")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Herinneringen: geen")).to_be_visible()


def test_axe_finds_nothing_on_the_pages_of_a_visitor(content, browse):
    page = browse()
    over = Call.objects.closed().first().get_absolute_url()
    page.goto(over)
    link(page, "Verwittig mij bij de volgende oproep").click()
    expect(button(page, "Bewaar deze oproep")).to_be_visible()
    found = faults(page)
    button(page, "Verwittig mij bij de volgende oproep").click()
    expect(link(page, "✓ U wacht op de volgende oproep")).to_be_visible()
    page.goto("/oproepen/zoekopdracht-bewaren/?status=open&kleur=rood")
    button(page, "Bewaar deze zoekopdracht").click()
    paths = [f"{over}bewaren/", "/oproepen/?status=alle", "/oproepen/zoekopdracht-bewaren/?status=open&kleur=rood"]
    assert found + faults_of(page, [*paths, "/oproepen/zoekopdracht-bewaren/", "/bewaard/"]) == []


def test_axe_finds_nothing_on_the_page_of_a_user(content, user, browse):
    others = Call.objects.exclude(pk=content.pk)
    for call, kind in zip([content, *others], ["saved", "saved", "next", "irrelevant"], strict=False):
        CallChoice.objects.create(user=user, call=call, kind=kind)
    SavedSearch.objects.create(user=user, state="q=asiel&status=alle&thema=weg", name="Asiel")
    page = browse()
    log_in(page, user)
    page.goto("/mijn/")
    for summary in page.locator(".saved summary").all():
        summary.click()
    assert faults(page) + faults_of(page, [content.get_absolute_url(), f"{content.get_absolute_url()}bewaren/"]) == []
