"""Whatever a record of the EU portal holds: a topic that can be stored, or the reason why not; never an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.imports.topics import Broken, Topic, topic_of, topic_of_details
from calls.imports.values import DEEPEST
from portal.richtext import sanitize
from tests.fuzzing import examples
from tests.portal_records import IDENTIFIER, search_result, topic_details

NONSENSE = {
    "no identifier": (search_result(identifier=None), "Het record heeft geen code."),
    "no title": (search_result(title=None) | {"summary": None}, "Het record heeft geen titel."),
    "a long identifier": (search_result("A" * 101), "De code is langer dan 100 tekens."),
    "another type": (search_result(type=["99"]), "Het portaal kent geen type “99”."),
    "too much text": (search_result(descriptionByte=["a" * 500_001]), "Een tekst van 500001 tekens is te lang."),
    "too many tags": (search_result(descriptionByte=["<div>" * 90_000]), "Een tekst met 90000 tags is te veel."),
    "too many lists": (
        search_result(descriptionByte=["<ul><li>" * 100]),
        "Een tekst met te diep geneste lijsten of tabellen.",
    ),
    "no metadata": ({"reference": "1TOPICSnl", "metadata": []}, "Dit is geen record van het EU-portaal."),
    "a list": ([], "Dit is geen record van het EU-portaal."),
    "nothing": (None, "Dit is geen record van het EU-portaal."),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_broken_with_a_reason(name):
    result, expected = NONSENSE[name]
    assert topic_of(result, "record 7").reason == expected


def test_a_broken_record_says_where():
    places = [search_result(title=["Ã©"]), search_result("", "nl", "1TOPICSnl"), {}, 3]
    assert [topic_of(result, "record 7").place for result in places] == [
        IDENTIFIER,
        "1TOPICSnl",
        "record 7",
        "record 7",
    ]


def test_a_record_that_is_nested_too_deep():
    deep = []
    for _ in range(DEEPEST):
        deep = [deep]
    assert topic_of(search_result(x=deep)).reason == "Het record is te diep genest."


def test_the_raw_record_can_be_stored():
    topic = topic_of(search_result(title=["a\0b\ud800c"], x=[float("nan"), 10**300, "\udfff"]))
    assert topic.raw["metadata"]["x"] == [None, 10**300, "\ufffd"]
    assert (topic.raw["metadata"]["title"], topic.values["title"]) == (["ab\ufffdc"], "ab\ufffdc")


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["2027-06-01", "1", "<p>", "Ã©"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [*search_result()["metadata"], "actions", "callccm2Id"]
DETAILS = [*topic_details()["TopicDetails"]]
MOMENTS = {"opens_at", "deadline"}


def sensible(topic):
    """Whatever the input: a Topic that can be stored as JSON, with clean texts; a Broken; or nothing."""
    if isinstance(topic, Topic):
        json.dumps([topic.raw, topic.values], allow_nan=False).encode()
        assert len(topic.values["title"]) <= 500
        texts = [
            topic.values.get(name, "") for name in ("introduction", "beneficiaries", "info_contact", "budget_text")
        ]
        assert [sanitize(text) for text in texts] == texts
    elif isinstance(topic, Broken):
        assert topic.reason
        topic.place.encode()
    else:
        assert topic is None


@examples(300)
@given(st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6), st.booleans())
def test_whatever_a_search_result_holds(changes, listed):
    changes = {name: [value] if listed else value for name, value in changes.items()}
    result = search_result()
    result["metadata"] |= changes
    sensible(topic_of(result))


@examples(200)
@given(st.dictionaries(st.sampled_from(DETAILS), anything, max_size=6))
def test_whatever_a_topic_details_holds(changes):
    sensible(topic_of_details(topic_details(**changes)))


@examples(200)
@given(anything)
def test_whatever_stands_in_the_place_of_a_record(value):
    sensible(topic_of(value))
    sensible(topic_of_details(value))
    sensible(
        topic_of(
            {
                "reference": value,
                "language": value,
                "checksum": value,
                "metadata": {"identifier": value, "title": value},
            }
        )
    )
