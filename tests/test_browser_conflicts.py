"""Two editors with a browser each on one call, and the pages of its history by keyboard and without colour."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from calls.desk.versions import versioned, versions_of
from calls.models import Budget, Call, Objective
from tests.browser import log_in
from tests.factories import CallFactory, EditorFactory, brussels

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(settings):
    settings.STAFF_SECOND_FACTOR = False
    call = CallFactory(
        title="Oproep", introduction="<p>Inleiding</p>", deadline=brussels(2027, 6, 1, 17), published_at=None
    )
    Budget.objects.create(call=call, order=1, label="EU", amount=1000)
    Budget.objects.create(call=call, order=2, label="POD", amount=2000)
    Objective.objects.create(call=call, order=1, text="<p>Doel</p>")
    return call


@pytest.fixture
def at_form(browse, call):
    """Opens the call's form, each time for another editor."""

    def open_form(**options):
        page = browse(**options)
        log_in(page, EditorFactory(is_superuser=True, first_name="An", last_name="Peeters"))
        page.goto(f"/beheer/calls/call/{call.pk}/change/")
        return page

    return open_form


def save(page):
    page.locator("input[name=_continue]").last.click()
    page.wait_for_load_state()


def test_the_second_editor_keeps_texts_and_rows(at_form, call):
    first, second = at_form(), at_form()
    first.fill("#id_title", "Oproep van An")
    first.check("#id_budgets-0-DELETE")
    save(first)

    second.fill("#id_budgets-0-label", "EU, van mij")
    second.locator(".field-introduction [contenteditable]").click()
    second.keyboard.press("End")
    second.keyboard.type(" van mij")
    second.locator("#budgets-group .add-row :is(a, button)").click()
    second.fill("#id_budgets-2-label", "nieuw")
    second.fill("#id_budgets-2-amount", "3.000")
    save(second)

    conflict = second.locator(".conflict")
    assert conflict.get_by_role("heading").inner_text() == "Iemand wijzigde deze oproep terwijl u eraan werkte"
    assert conflict.locator("ins").nth(1).inner_text().endswith("van An")
    assert second.input_value("#id_title") == "Oproep van An"
    labels = [second.input_value(f"#id_budgets-{n}-label") for n in range(3)]
    assert labels == ["POD", "EU, van mij", "nieuw"]
    conflict.get_by_role("button", name="Toch opslaan").click()
    second.wait_for_load_state()

    assert second.locator(".conflict").count() == 0
    stored = Call.objects.get()
    assert (stored.title, stored.introduction) == ("Oproep van An", "<p>Inleiding van mij</p>")
    assert sorted(call.budgets.values_list("label", "amount")) == [
        ("EU, van mij", 1000),
        ("POD", 2000),
        ("nieuw", 3000),
    ]
    assert list(call.objectives.values_list("text", flat=True)) == ["<p>Doel</p>"]


def test_untouched_texts_in_the_editor_are_no_changes_of_mine(at_form, call):
    """What the text editor makes of a text while it is looked at is not taken for typing."""
    Call.objects.update(introduction="<p>Een <strong>tekst</strong></p><ul><li><p>a</p></li></ul><p>[1]</p>")
    first, second = at_form(), at_form()
    first.locator(".field-introduction [contenteditable] p").first.click()
    first.keyboard.press("End")
    first.keyboard.type(" erbij")
    save(first)
    theirs = Call.objects.get().introduction
    second.locator(".field-introduction [contenteditable]").click()
    second.fill("#id_code", "MIJN")
    save(second)
    assert second.locator(".conflict .mine").count() == 0
    second.get_by_role("button", name="Toch opslaan").click()
    second.wait_for_load_state()
    assert (Call.objects.get().introduction, Call.objects.get().code) == (theirs, "MIJN")


@pytest.mark.parametrize("colour", ["light", "dark"])
def test_the_pages_of_the_history_are_for_everybody(at_form, call, colour):
    with versioned(None, "Titel gewijzigd."):
        stored = Call.objects.get()
        stored.title = "Oproep twee"
        stored.save()
    new, old = versions_of(call.pk)
    page = at_form(color_scheme=colour, viewport={"width": 390, "height": 800})
    start = f"/beheer/calls/call/{call.pk}/history/"
    for path in (start, f"{start}compare/?from={old.pk}&to={new.pk}", f"{start}{old.pk}/restore/"):
        page.goto(path)
        found = Axe().run(page, "#content").response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.get_by_role("button", name="Deze versie herstellen").press("Enter")
    page.wait_for_url(f"**{start}")
    assert Call.objects.get().title == "Oproep"
