"""A site of which every text is hostile, and a page of a browser in which whatever a text does is heard."""

from datetime import timedelta

import pytest
from django.db.models import CharField, TextField
from django.utils import timezone

from calls.desk.versions import versioned
from calls.imports.importing import import_topics
from calls.imports.models import Record
from calls.imports.topics import topic_of
from calls.models import (
    Action,
    Budget,
    Call,
    Change,
    Cutoff,
    Document,
    EmptySearch,
    Link,
    Objective,
    Problem,
    Proposal,
)
from contacts.models import Contact
from funds.models import Fund, FundBudget, FundContact, FundObjective, Theme
from tests.conftest import CHROMIUM
from tests.hostile import PAYLOADS
from tests.portal_records import search_result

CHANGED = ["c0", "c20", "c60"]  # the calls that have versions


def in_a_browser(test):
    return pytest.mark.browser(pytest.mark.skipif(not CHROMIUM, reason="no Chromium found")(test))


# Not texts that people write: chosen from a list, made by us, or a place in the storage.
MADE = {"slug", "family", "title_language", "deadline_model", "file", "kind", "level", "programme_code"}


def filled(model, payload, **fields):
    """A row, not saved, whose every text is the payload, as far as it fits."""
    texts = [field for field in model._meta.fields if isinstance(field, CharField | TextField)]
    hostile = {field.name: payload[: field.max_length] for field in texts if field.name not in MADE}
    return model(**hostile | fields)


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
    for call in Call.objects.filter(slug__in=CHANGED):
        with versioned(editor, PAYLOADS[1]):
            call.title, call.introduction = PAYLOADS[16], PAYLOADS[3]
            call.save()


def import_hostile():
    """A record of the EU portal for every payload, in every text that a record has."""
    texts = ("title", "descriptionByte", "topicConditions", "supportInfo", "callTitle")
    records = (
        search_result(f"AMIF-2027-H-{n}", **{name: [payload] for name in texts}) for n, payload in enumerate(PAYLOADS)
    )
    return import_topics((topic_of(record, "proef") for record in records), "proef")


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
