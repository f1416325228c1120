"""Whatever an address or a search field holds: an answer, in few queries, and the same words for both databases."""

from urllib.parse import quote_from_bytes

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given
from hypothesis import strategies as st

from calls.columns import current_columns
from calls.models import Call
from calls.search.finding import Search, matching
from calls.search.query import MOST_TERMS, parse
from calls.search.words import WORD_LENGTH, fold, telling, words
from tests.fuzzing import examples
from tests.test_query_counts import fill

SYNTAX = ["NEAR(", "NEAR(a b, 2)", "*", "^", '"', '""', "'", "''", ":", ":*", "!", "!!a", "&", "|", "<->", "<2>", "\\"]
SYNTAX += [
    "\\'",
    "(",
    ")",
    "-",
    "--",
    "-oproep",
    "AND",
    "OR",
    "OF",
    "NOT",
    "text:",
    "{code title} :",
    "+",
    "~",
    "%",
    "_",
]
SYNTAX += [
    "'; DROP TABLE calls_call; --",
    "' OR 1=1 --",
    "\0",
    "\N{LEFT DOUBLE QUOTATION MARK}",
    "ngo's",
    "a-b",
    "2020/1",
]
SCRIPTS = [
    "éèü",
    "ﬁnanciën",
    "ℌ𝕆ⅷ",
    "ß",
    "İı",
    "ж",
    "中文",
    "العربية",
    "हिन्दी",
    "🙂",
    "\u200b",
    "\u0301",
    "\ufeff",
    "\u2028",
]
NUMBERS = [
    "0",
    "-1",
    "1",
    "2",
    str(10**30),
    "1e400",
    "-1e400",
    "NaN",
    "inf",
    "1.320.069,53",
    "€ 5",
    "0x10",
    "٣",
    "²",
    "1_0",
]
WORDS = ["oproep", "oproepen", "gesloten", "doel", "thema-1", "deel-0", "open", "alle", "7", "relevantie", "tijdlijn"]
NAMES = ["q", "status", "thema", "fonds", "organisatie", "deadline", "geopend", "budget_van", "budget_tot", "sorteer"]
NAMES += ["pagina", "weergave", "limit", "offset", "utm_x", "onzin", ""]

piece = st.sampled_from(WORDS) | st.sampled_from(SYNTAX + SCRIPTS + NUMBERS) | st.text(max_size=12)
# What somebody may type: words and pieces of syntax, and now and then thousands of characters.
phrase = st.builds(str.join, st.sampled_from([" ", ""]), st.lists(piece, min_size=1, max_size=9))
typed = st.one_of(phrase, phrase, phrase, st.builds(lambda text, times: text * times, phrase, st.integers(2, 300)))
# What an address may hold: also bytes that are no UTF-8, lone surrogates among them, and stray percent signs.
surrogate = st.sampled_from(["\ud800", "\udfff"]).map(lambda text: text.encode("utf-8", "surrogatepass"))
octets = st.binary(max_size=8) | surrogate
encoded = typed.map(str.encode).map(quote_from_bytes)
strange = octets.map(quote_from_bytes) | st.sampled_from(["%", "%zz", "%u0041", "+", "=", ";"])
search = encoded.map("q={}".format)
known = [
    "status=alle",
    "thema=thema-1",
    "deadline=30",
    "budget_van=1",
    "sorteer=budget",
    "pagina=2",
    "weergave=tijdlijn",
]
sensible = st.lists(st.sampled_from(known), max_size=3)
odd = st.builds("{}={}".format, st.sampled_from(NAMES), encoded | strange)
many = st.builds(lambda pairs, times: pairs * times, st.lists(odd, min_size=1, max_size=3), st.integers(1, 700))
searches = st.builds(lambda one, others: [one, *others], search, sensible)
query_string = st.one_of(searches, searches, st.lists(odd, max_size=6), many).map("&".join)

# Other addresses than the page that take the same query string.
OTHERS = ["/api/v1/calls", "/oproepen/feed.atom", "/oproepen/kalender.ics", "/oproepen/oproepen.csv"]
OTHERS += ["/oproepen/oproepen.json"]
MOST_QUERIES = 15


@pytest.fixture
def content(db):
    fill(2)
    current_columns()


def is_answered(client, address, query, **headers):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, QUERY_STRING=query, headers=headers)
    assert response.status_code in (200, 400)
    assert len(queries) <= MOST_QUERIES


@given(query=query_string, headers=st.sampled_from([{}, {"HX-Request": "true"}]))
@example(query="pagina=" + "9" * 5000, headers={})
@example(query="pagina=-1&budget_van=1e400&budget_tot=NaN", headers={})
@example(query="q=" + "%27" * 3000, headers={})
@examples(30)
def test_any_query_string_gets_a_page(query, headers, content, client):
    is_answered(client, "/oproepen/", query, **headers)


@pytest.mark.parametrize("address", OTHERS)
@given(query=query_string)
@examples(10)
def test_any_query_string_gets_an_answer(address, query, content, client):
    is_answered(client, address, query)


@given(text=typed)
@examples(40)
def test_both_ways_to_search_find_the_same(text, content):
    """The list asks for primary keys, the admin for a queryset."""
    search = Search(text)
    everything = Call.objects.values_list("pk", flat=True)
    found = search.hits(current_columns().pk).pks.tolist() if search else list(everything)
    assert set(found) == set(matching(everything, text))


@given(text=typed)
@example("a" * 100)
@examples(200)
def test_any_search_means_something(text):
    query = parse(text)
    terms = [*query.terms, *query.excluded]
    found = [word for term in terms for word in term.words]
    assert all(term.words for term in terms)
    assert [word for word in found if not word.isalnum()] == []
    assert [word for word in [*found, query.code] if len(word) > WORD_LENGTH] == []
    assert terms or query.dropped or not telling(words(text))


@given(text=typed)
@example("/".join(["oproep"] * 40))
@example("-" + "/".join(["oproep"] * 40))
@examples(100)
def test_no_search_has_too_many_terms(text):
    query = parse(text)
    assert len(query.groups) + len(query.excluded) <= MOST_TERMS


@given(text=st.sampled_from(SCRIPTS) | st.text())
@example("ℌ𝕆ⅷ")
@examples(200)
def test_what_is_folded_stays_so(text):
    assert fold(fold(text)) == fold(text)
