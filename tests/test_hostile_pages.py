"""Hostile HTML on every page: nothing of it runs in a real browser."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import transaction
from django.utils import timezone

from calls.desk.preview import make_token
from calls.desk.versions import versions_of
from calls.models import Call, ImportRun, Proposal, Record
from tests.browser import log_in
from tests.hostile import PAYLOADS
from tests.infested import CHANGED, Ear, import_hostile, in_a_browser, infest, infest_desk
from tests.sheets import as_csv


@pytest.fixture
def infested(transactional_db):
    with transaction.atomic():
        infest()


@in_a_browser
@pytest.mark.django_db(transaction=True)
def test_no_page_for_visitors_runs_anything(infested, browse):
    """A page of a call shows its fund and themes too; those of funds and themes are looked at for a part."""
    ear = Ear(browse)
    ear.open(*(f"/oproepen/c{n}/" for n in range(len(PAYLOADS))))
    ear.open(*(f"/fondsen/f{n}/" for n in range(0, len(PAYLOADS), 4)), "/themas/t0/", "/themas/t60/")
    ear.open("/", "/fondsen/", "/themas/", "/contacten/", "/open-data/", "/api/v1/docs")
    ear.open(*(f"/oproepen/?q=hurt&pagina={n}" for n in range(1, 7)), "/oproepen/?weergave=tijdlijn")
    ear.open("/oproepen/?q=%3Cscript%3Ehurt()%3C/script%3E", "/oproepen/c0/?x=%22%3E%3Cscript%3Ehurt()")
    for path in ("/oproepen/feed.atom", "/oproepen/oproepen.json", "/oproepen/kalender.ics", "/sitemap.xml"):
        kind = ear.page.request.get(path).headers["content-type"].partition(";")[0]
        assert kind in {"application/atom+xml", "application/json", "text/calendar", "application/xml"}


@pytest.fixture
def infested_desk(infested, editor, settings):
    settings.STAFF_SECOND_FACTOR = False
    with transaction.atomic():
        infest_desk(editor)
    import_hostile()
    return editor


@in_a_browser
@pytest.mark.django_db(transaction=True)
def test_no_page_of_the_desk_runs_anything(infested_desk, browse):
    ear = Ear(browse)
    log_in(ear.page, infested_desk)
    pks = dict(Call.objects.values_list("slug", "pk"))
    desk = ["/beheer/", "/beheer/overzicht/", "/beheer/calls/call/", "/beheer/calls/call/?q=hurt&p=2"]
    desk += [
        "/beheer/calls/emptysearch/",
        "/beheer/calls/link/",
        "/beheer/funds/theme/",
        "/beheer/calls/call/spreadsheet/",
    ]
    desk += ["/beheer/calls/proposal/", "/beheer/calls/record/"] if Proposal in admin.site._registry else []
    ear.open(*desk)
    ear.open(*(f"/beheer/calls/call/{pks[f'c{n}']}/change/" for n in range(0, len(PAYLOADS), 12)))
    ear.open(*(f"/beheer/calls/record/{pk}/change/" for pk in Record.objects.values_list("pk", flat=True)[::12]))
    ear.open("/beheer/calls/importrun/", f"/beheer/calls/importrun/{ImportRun.objects.get().pk}/change/")
    for slug in CHANGED:
        history = f"/beheer/calls/call/{pks[slug]}/history/"
        new, old, *_ = versions_of(pks[slug])
        ear.open(history, f"{history}compare/?from={old.pk}&to={new.pk}", f"{history}{old.pk}/restore/")
    bulk_and_spreadsheet(ear)


@in_a_browser
@pytest.mark.django_db(transaction=True)
def test_no_preview_of_an_import_runs_anything(browse):
    import_hostile()
    drafts = Call.objects.filter(published_at=None)
    assert drafts.count() > len(PAYLOADS) / 2
    until = timezone.now() + timedelta(days=1)
    Ear(browse).open(*(f"/voorbeeld/{make_token(call, until)}/" for call in drafts))


def bulk_and_spreadsheet(ear):
    """The pages that only a form leads to: many at once, and what a spreadsheet would change."""
    page = ear.page
    page.goto("/beheer/calls/call/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").first.select_option("set_fund")
    page.locator("button[name=index]").first.click()
    page.wait_for_selector(".bulk")
    ear.touch()
    page.locator("select[name=fund]").select_option(index=5)
    page.locator("input[name=look]").click()
    page.wait_for_selector(".bulk-steps")
    ear.touch()
    changes = [{"webadres": "", "code": text[:90], "titel": f"{text} !"} for text in PAYLOADS[:100]]
    errors = [{"webadres": text, "fonds": text, "soort deadline": text, "deadline": text} for text in PAYLOADS]
    for lines, shown in ((changes, ".cell-changes"), (errors, ".wide-table tr:nth-child(50)")):
        page.goto("/beheer/calls/call/spreadsheet/")
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": as_csv(lines)}
        page.locator("input[type=file]").set_input_files(file)
        page.locator("form[enctype] input[type=submit]").click()
        page.wait_for_selector(shown)
        ear.touch()
    assert ear.heard == []
