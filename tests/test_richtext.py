"""Rich text is clean on every way into the database, and harmless text stays what it is."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.apps import apps
from django.core import serializers
from django.forms import modelform_factory

from calls.models import Call, Objective
from portal.richtext import RichTextField, sanitize
from tests.factories import CallFactory, FundFactory

FIXTURES = Path(__file__).parent.parent / "fixtures"
FIELDS = [field for model in apps.get_models() for field in model._meta.fields if isinstance(field, RichTextField)]

# What somebody might send, and what may stay of it.
HOSTILE = {
    "<script>alert(1)</script>": "",
    "<SCRIPT SRC=//evil.example></SCRIPT><p>a</p>": "<p>a</p>",
    "<scr<script>ipt>alert(1)</script>": "ipt&gt;alert(1)",
    "<p>a<script>alert(1)": "<p>a</p>",
    '<img src="x" onerror="alert(1)">': "",
    '<p onclick="alert(1)" onmouseover=alert(1)>a</p>': "<p>a</p>",
    '<a href="javascript:alert(1)">a</a>': "<a>a</a>",
    '<a href="JaVa\tScRiPt:alert(1)">a</a>': "<a>a</a>",
    '<a href="&#106;avascript:alert(1)">a</a>': "<a>a</a>",
    '<a href=" javascript:alert(1)">a</a>': "<a>a</a>",
    '<a href="data:text/html;base64,PHNjcmlwdD4=">a</a>': "<a>a</a>",
    '<a href="vbscript:x">a</a>': "<a>a</a>",
    '<a href="https://example.org" target="_blank" onclick="x()">a</a>': '<a href="https://example.org">a</a>',
    '<p style="position:fixed;inset:0">a</p>': "<p>a</p>",
    "<style>body { display: none }</style><p>a</p>": "<p>a</p>",
    '<p class="notice" id="main">a</p>': "<p>a</p>",
    '<iframe src="https://evil.example"></iframe><p>a</p>': "<p>a</p>",
    '<iframe srcdoc="<script>alert(1)</script>">': "",
    "<svg onload=alert(1)><script>alert(1)</script></svg>": "",
    '<svg><a xlink:href="javascript:alert(1)">a</a></svg>': "",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>": "",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">': '&lt;p title=""&gt;',
    '<form action="https://evil.example"><input name="a"><button>a</button></form>': "a",
    '<object data="x"></object><embed src="x"><base href="https://evil.example">': "",
    '<meta http-equiv="refresh" content="0"><link rel="stylesheet" href="x">': "",
    "<!-- <script>alert(1)</script> --><p>a</p>": "<p>a</p>",
    "<p>a\x00b</p>": "<p>ab</p>",
    "<p><strong><em>a</strong></em>": "<p><strong><em>a</em></strong></p>",
    "<ul><li>a": "<ul><li>a</li></ul>",
    '<h1 onclick="x()">a</h1><h5>b</h5>': "ab",
    "<p></p>": "",
}

# What an editor writes; it stays as it is.
HARMLESS = [
    "",
    "<p>Zie voetnoot [1] en <sup>[2]</sup>.</p>",
    "<h3>Wie</h3><p>a</p><h4>Wanneer</h4><p>b</p>",
    "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>",
    '<ol start="3"><li><p>a</p></li></ol>',
    "<p><strong>vet</strong> <em>schuin</em></p>",
    "<p>Kerkstraat 1<br>1000 Brussel</p>",
    '<p><a href="https://example.org/?a=1&amp;b=2">a</a> <a href="mailto:a@example.org">b</a></p>',
    '<p><a href="tel:+3225000000">c</a> <a href="/oproepen/">d</a></p>',
    '<table><tbody><tr><th colspan="2"><p>a</p></th></tr><tr><td><p>b</p></td><td><p>c</p></td></tr></tbody></table>',
    "<p>1 &lt; 2 &amp; 3 &gt; 2: “€ 5” 'zo' \"zo\" – één</p>",
    "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    "Tekst zonder alinea",
]


class Parts(HTMLParser):
    """The tags, attributes and link schemes of a text."""

    def __init__(self, html):
        super().__init__()
        self.found = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        for name, value in attrs:
            self.found.add(f"{tag} {name}")
            if name in ("href", "src"):
                self.found.add(re.match(r"[a-z]*:|", value.lower())[0])


ALLOWED = {"p", "h3", "h4", "ul", "ol", "li", "strong", "em", "sup", "br", "a", "a href", "a rel", "a title"}
ALLOWED |= {"table", "thead", "tbody", "tr", "th", "td", "th rowspan", "th colspan", "td rowspan", "td colspan"}
ALLOWED |= {"ol start", "ol type", "ol data-type", "https:", "http:", "mailto:", "tel:", ""}


@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_html_is_cleaned(html):
    assert sanitize(html) == HOSTILE[html]


@pytest.mark.parametrize("html", HARMLESS)
def test_harmless_html_stays_as_it_is(html):
    assert sanitize(html) == html


@pytest.mark.parametrize("html", [*HOSTILE, *HARMLESS, "".join(HOSTILE), "<p>".join(reversed(HOSTILE))])
def test_clean_text_holds_only_what_is_allowed_and_stays_clean(html):
    clean = sanitize(html)
    assert Parts(clean).found - ALLOWED == set()
    assert sanitize(clean) == clean


def fixture_texts():
    names = {(field.model._meta.label_lower, field.name) for field in FIELDS}
    for path in sorted(FIXTURES.glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            yield from (text for name, text in row["fields"].items() if (row["model"], name) in names and text)


def test_the_texts_of_the_five_pages_stay_as_they_are():
    texts = list(fixture_texts())
    assert len(texts) == 89
    assert [sanitize(text) for text in texts] == texts


# The ways in ---------------------------------------------------------------------------------------------------------


def saved(html, call):
    call.introduction = html
    call.save()
    assert call.introduction == sanitize(html)


def saved_in_part(html, call):
    call.introduction = html
    call.save(update_fields=["introduction"])
    assert call.introduction == sanitize(html)


def checked_and_saved(html, call):
    call.introduction = html
    call.full_clean()
    assert call.introduction == sanitize(html)
    call.save()


def created(html, call):
    call.delete()
    assert Call.objects.create(title="Nieuw", introduction=html).introduction == sanitize(html)


def created_in_bulk(html, call):
    call.delete()
    Call.objects.bulk_create([Call(title="Nieuw", slug="nieuw", introduction=html)])


def created_again_in_bulk(html, call):
    again = Call(title="Nieuw", slug=call.slug, introduction=html)
    Call.objects.bulk_create([again], update_conflicts=True, unique_fields=["slug"], update_fields=["introduction"])


def updated(html, call):
    Call.objects.update(introduction=html)


def updated_in_bulk(html, call):
    call.introduction = html
    Call.objects.bulk_update([call], ["introduction"])


def updated_or_created(html, call):
    Call.objects.update_or_create(slug=call.slug, defaults={"introduction": html})


def loaded(html, call):
    row = {"model": "calls.call", "pk": call.pk, "fields": {"title": "Nieuw", "slug": "nieuw", "introduction": html}}
    row["fields"] |= {"created_at": "2027-01-01T00:00:00+01:00", "updated_at": "2027-01-01T00:00:00+01:00"}
    for found in serializers.deserialize("json", json.dumps([row])):
        found.save()


def sent_by_a_form(html, call):
    form = modelform_factory(Call, fields=["introduction"])({"introduction": html}, instance=call)
    assert form.errors == {}
    assert form.save().introduction == sanitize(html)


WAYS = [
    saved,
    saved_in_part,
    checked_and_saved,
    created,
    created_in_bulk,
    created_again_in_bulk,
    updated,
    updated_in_bulk,
    updated_or_created,
    loaded,
    sent_by_a_form,
]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_into_the_database_cleans(db, way):
    for html in [*HOSTILE, *HARMLESS]:
        way(html.replace("\x00", ""), CallFactory(introduction="<p>Oud</p>"))
        assert Call.objects.get().introduction == sanitize(html)
        Call.objects.all().delete()


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_every_rich_text_is_cleaned(db, field):
    owner = {"call": CallFactory} if "call" in [f.name for f in field.model._meta.fields] else {"fund": FundFactory}
    start = {name: make() for name, make in owner.items() if hasattr(field.model, name)}
    row = field.model(**start, **{field.name: '<p onclick="x()">a</p>'})
    row.save()
    assert getattr(row, field.name) == "<p>a</p>"
    field.model.objects.filter(pk=row.pk).update(**{field.name: "<p>b<script>1</script></p>"})
    row.refresh_from_db()
    assert getattr(row, field.name) == "<p>b</p>"


def test_a_text_of_which_nothing_stays_is_empty(db):
    form = modelform_factory(Objective, fields=["text"])({"text": "<script>alert(1)</script>"})
    assert form.errors == {"text": ["Dit veld mag niet leeg zijn."]}


# The form ------------------------------------------------------------------------------------------------------------


def test_the_form_shows_the_html_itself_so_that_saving_changes_nothing(desk):
    html = "".join(HARMLESS)
    call = CallFactory(introduction=html)
    path = f"/beheer/calls/call/{call.pk}/change/"
    assert desk.form(path)["introduction"] == html
    assert desk.send(path) == []
    call.refresh_from_db()
    assert call.introduction == html


def test_the_editors_desk_cleans(desk):
    call = CallFactory()
    dirty = (
        '<p onclick="x()">Goed<script>alert(1)</script></p><img src=x onerror=alert(1)><a href="javascript:x">k</a>'
    )
    row = {"objectives-TOTAL_FORMS": 1, "objectives-0-order": 1, "objectives-0-text": dirty}
    assert desk.send(f"/beheer/calls/call/{call.pk}/change/", introduction=dirty, **row) == []
    call.refresh_from_db()
    assert (call.introduction, call.objectives.get().text) == ("<p>Goed</p><a>k</a>", "<p>Goed</p><a>k</a>")


def test_a_row_of_which_nothing_stays_is_refused_at_the_desk(desk):
    row = {"objectives-TOTAL_FORMS": 1, "objectives-0-order": 1, "objectives-0-text": "<script>alert(1)</script>"}
    path = f"/beheer/calls/call/{CallFactory().pk}/change/"
    assert desk.send(path, **row) == [("objectives-0-text", "Dit veld mag niet leeg zijn.")]
    assert list(Objective.objects.all()) == []
