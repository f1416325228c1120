"""Hostile HTML in every field, by every way in, on every page: nothing of it runs in a real browser."""

import json
from datetime import timedelta
from itertools import batched

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.db.models import CharField, TextField
from django.utils import timezone

from calls.desk.spreadsheet_files import harmless
from calls.desk.versions import versioned
from calls.imports.models import Proposal, Record
from calls.models import Action, Budget, Call, Change, Cutoff, Document, EmptySearch, Link, Objective, Problem
from contacts.models import Contact
from funds.models import Fund, FundBudget, FundContact, FundObjective, Theme
from portal.richtext import sanitize
from tests.browser import log_in
from tests.conftest import CHROMIUM
from tests.desk import rows
from tests.hostile import KINDS, PAYLOADS
from tests.sheets import agree, as_csv, read

RICH = Call.long_texts()


def in_a_browser(test):
    return pytest.mark.browser(pytest.mark.skipif(not CHROMIUM, reason="no Chromium found")(test))


def test_the_list_holds_all_kinds():
    assert (len(KINDS), len(PAYLOADS), len(set(PAYLOADS))) == (11, TOTAL, TOTAL)


TOTAL = 119


# Every way in --------------------------------------------------------------------------------------------------------


def stored(calls=None):
    """What the rich fields of all calls hold, a list of sets by field."""
    return {field: {text for text in Call.objects.values_list(field, flat=True) if text} for field in RICH}


def cleaned(payloads):
    return {text for text in map(sanitize, payloads) if text}


@pytest.mark.django_db
def test_nothing_hostile_is_left_by_the_one_function_that_cleans():
    tags = {
        "a",
        "b",
        "br",
        "em",
        "h3",
        "h4",
        "li",
        "ol",
        "p",
        "strong",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "tr",
        "ul",
    }
    for payload in PAYLOADS:
        text = sanitize(payload)
        opened = {part.split(">")[0].split()[0].strip("/").lower() for part in text.split("<")[1:]}
        assert opened <= tags, payload
        assert sanitize(text) == text, payload


@pytest.mark.django_db
def test_rows_written_at_once_and_loaded_from_a_file_are_cleaned(tmp_path):
    Call.objects.bulk_create(
        Call(slug=f"c{n}", title="x", **dict.fromkeys(RICH, text)) for n, text in enumerate(PAYLOADS)
    )
    assert stored() == dict.fromkeys(RICH, cleaned(PAYLOADS))
    Call.objects.all().delete()
    fields = [{"slug": f"c{n}", "title": "x"} | dict.fromkeys(RICH, text) for n, text in enumerate(PAYLOADS)]
    now = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    path = tmp_path / "calls.json"
    path.write_text(json.dumps([{"model": "calls.call", "fields": one | now} for one in fields]))
    call_command("loaddata", path, verbosity=0)
    assert stored() == dict.fromkeys(RICH, cleaned(PAYLOADS))
    Call.objects.update(introduction=PAYLOADS[0])
    assert stored()["introduction"] == cleaned(PAYLOADS[:1])


@pytest.mark.django_db
def test_the_form_cleans(desk):
    """Ten payloads a form, each in the next field every time."""
    for batch in batched(PAYLOADS, len(RICH), strict=False):
        texts = dict(zip(RICH, batch, strict=False))
        objectives = rows("objectives", *({"order": 1, "text": f"<p>x</p>{text}"} for text in batch))
        assert desk.send("/beheer/calls/call/add/", title="x", **texts, **objectives) == []
    found = {text for texts in stored().values() for text in texts}
    # A browser sends its line ends as two signs.
    assert {text.replace("\r\n", "\n") for text in found} == cleaned(PAYLOADS)
    texts = set(Objective.objects.values_list("text", flat=True))
    assert {text.replace("\r\n", "\n") for text in texts} == cleaned(f"<p>x</p>{text}" for text in PAYLOADS)


@pytest.mark.django_db
def test_the_spreadsheet_cleans(desk):
    cache.clear()
    for texts in batched(PAYLOADS, 100, strict=False):
        lines = [{"webadres": "", "titel": f"x{n}", "inleiding": harmless(text)} for n, text in enumerate(texts)]
        assert agree(desk, read(desk, as_csv(lines))) == [f"{len(texts)} nieuwe ontwerpen, 0 oproepen gewijzigd."]
    control = {text.replace("\x01", "") for text in PAYLOADS}
    assert stored()["introduction"] == cleaned(control)


# Every page ----------------------------------------------------------------------------------------------------------

# Not texts that people write: chosen from a list, made by us, or a place in the storage.
MADE = {"slug", "family", "title_language", "deadline_model", "file", "kind", "level", "programme_code"}


def filled(model, payload, **fields):
    """A row, not saved, whose every text is the payload, as far as it fits."""
    texts = [field for field in model._meta.fields if isinstance(field, CharField | TextField)]
    hostile = {field.name: payload[: field.max_length] for field in texts if field.name not in MADE}
    return model(**hostile | fields)


@pytest.fixture
def infested(transactional_db):
    with transaction.atomic():
        infest()


def infest():
    """A call, fund, theme and contact for every payload, with that payload in every text and in every row."""
    now = timezone.now()
    published = {"published_at": now, "deadline_model": "single_stage", "deadline": now + timedelta(days=20)}
    for n, payload in enumerate(PAYLOADS):
        contact = filled(Contact, payload, kind="vleva")
        contact.save()
        theme = filled(Theme, f"{payload[:90]} {n}", slug=f"t{n}", contact=contact)
        theme.save()
        fund = filled(Fund, payload, slug=f"f{n}", period=f"{payload[:15]} {n}")
        fund.save()
        fund.themes.add(theme)
        call = filled(Call, payload, slug=f"c{n}", fund=fund, own_fields=[], **published)
        call.save()
        call.themes.add(theme)
        for model in (Objective, Action, Document):
            filled(model, payload, call=call).save()
        filled(Budget, payload, call=call, amount=5).save()
        filled(Cutoff, payload, call=call, at=now + timedelta(days=5)).save()
        filled(FundObjective, payload, fund=fund).save()
        for order in (1, 2):
            filled(FundBudget, payload, fund=fund, amount=order, order=order).save()
        filled(FundContact, payload, fund=fund, contact=contact).save()
        Change.objects.create(call=call, facts={"budgets": [[payload], [payload * 2]]})


class Ear:
    """A page of a browser in which whatever a payload does is heard."""

    def __init__(self, browse):
        self.page, self.heard, self.seen = browse(), [], 0
        self.page.context.expose_function("hurt", lambda *args: self.heard.append(self.page.url))
        self.page.on("dialog", lambda dialog: (self.heard.append(dialog.message), dialog.dismiss()))

    def open(self, *paths):
        for path in paths:
            response = self.page.goto(path, wait_until="load")
            assert response.status == 200, path
            self.seen += 1
            self.touch()
        assert self.heard == []

    def touch(self):
        """What a reader does: rests on things, and follows links of a kind that no page of ours has."""
        assert (
            self.page.evaluate("""() => {
            for (const link of document.querySelectorAll("a[href]")) {
                if (/^(javascript|data|vbscript):/i.test(link.href)) return link.href;
                link.dispatchEvent(new Event("mouseover"));
            }
            const bad = ({ name }) => /^(on|hx-|data-hx-on)/i.test(name);
            const handled = [...document.querySelectorAll("main *")].find((one) => [...one.attributes].some(bad));
            return handled ? handled.outerHTML : "";
        }""")
            == ""
        )


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
    return editor


def infest_desk(editor):
    for n, payload in enumerate(PAYLOADS):
        record = Record.objects.create(identifier=f"{n} {payload[:80]}", language="en", raw={"title": payload})
        call = Call.objects.get(slug=f"c{n}")
        Proposal.objects.create(record=record, kind="changed", field="title", old=payload, new=payload * 2)
        Problem.objects.create(call=call, level="warning", code="x", text=payload)
        EmptySearch.objects.create(words=payload[:100], day=timezone.localdate())
        Link.objects.create(
            url=f"https://example.org/{n}{payload}"[:1000], dead_since=timezone.now(), trouble=payload[:300]
        )
    for call in Call.objects.filter(slug__in=["c0", "c20", "c60"]):
        with versioned(editor, PAYLOADS[1]):
            call.title, call.introduction = PAYLOADS[16], PAYLOADS[3]
            call.save()


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
    ear.open(*(f"/beheer/calls/call/{pks[f'c{n}']}/history/" for n in (0, 20, 60)))
    bulk_and_spreadsheet(ear)


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
