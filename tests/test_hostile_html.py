"""Hostile HTML in every field, by every way in: what is stored is clean."""

import json
from itertools import batched

import pytest
from django.core.cache import cache
from django.core.management import call_command

from calls.desk.spreadsheet_files import harmless
from calls.models import Call, ImportRun, Objective
from portal.richtext import sanitize
from tests.desk import rows
from tests.hostile import KINDS, PAYLOADS
from tests.infested import import_hostile
from tests.sheets import agree, as_csv, read

RICH = Call.long_texts()


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


@pytest.mark.django_db
def test_the_import_cleans():
    import_hostile()
    for call in Call.objects.all():
        for name in RICH:
            assert sanitize(getattr(call, name)) == getattr(call, name)
    assert Call.objects.count() > len(PAYLOADS) / 2
    # The others have no title once what is hostile is taken out of it.
    assert Call.objects.count() + ImportRun.objects.get().counts["broken"] == len(PAYLOADS)
