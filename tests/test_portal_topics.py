"""A record of the EU portal in the words of Call: every field, every notation, every nonsense."""

import json

import pytest

from calls.imports.topics import Broken, Topic, topic_of, topic_of_details
from calls.imports.values import cut
from tests.portal_records import AMIF, IDENTIFIER, budget_line, news, overview, search_result, topic_details

DOCUMENT = "https://ec.europa.eu/amif/call_en.pdf"
PAGES = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities"
VALUES = {
    "title": f"Integratie op lokaal vlak ({IDENTIFIER})",
    "title_language": "nl",
    "code": IDENTIFIER,
    "introduction": "<h3>Doel</h3><p>Nieuwkomers vinden werk.</p>",
    "beneficiaries": f'<h3>Voorwaarden</h3><h3>1. Landen</h3><p>Zie het <a href="{DOCUMENT}">document</a>.</p>',
    "info_contact": '<p>Vraag het aan <a href="mailto:amif@ec.europa.eu">AMIF</a>.</p>',
    "opens_at": "2027-01-12T00:00:00+01:00",
    "deadline": "2027-06-01T17:00:00+02:00",
    "deadline_model": "single_stage",
    "cutoffs": [],
    "budgets": [
        {"label": "AMIF Project Grants", "amount": "15000000.00", "rate": None, "shared": False, "note": ""},
    ],
    "budget_text": "<p>Van €&nbsp;500.000 tot €&nbsp;1.500.000 per project. Verwacht aantal projecten: 4.</p>",
    "source_url": f"{PAGES}/topic-details/amif-2027-tf2-ag-01",
    "documents": [{"title": "document", "link": DOCUMENT}],
}


def values(**metadata):
    topic = topic_of(search_result(**metadata))
    assert isinstance(topic, Topic), topic
    return topic.values


def reason(**metadata):
    broken = topic_of(search_result(**metadata))
    assert isinstance(broken, Broken)
    return broken.reason


def test_every_field_of_a_search_result():
    result = search_result()
    topic = topic_of(result)
    assert topic.values == VALUES
    assert topic.raw == result
    told = (topic.identifier, topic.language, topic.status, topic.programme, topic.checksum, topic.reference)
    assert told == (IDENTIFIER, "nl", "open", AMIF, result["checksum"], result["reference"])


def test_every_field_of_a_topic_details():
    answer = topic_details()
    topic = topic_of_details(answer)
    english = {"title": "Local integration", "title_language": "en", "info_contact": "<p>Ask us.</p>"}
    assert topic.values == VALUES | english | {"introduction": "<h3>Objective</h3><p>Newcomers find work.</p>"}
    assert topic.raw == answer
    told = (topic.identifier, topic.language, topic.status, topic.programme, len(topic.checksum), topic.reference)
    assert told == (IDENTIFIER, "en", "open", AMIF, 64, "")
    assert topic_of_details(topic_details(title="Other")).checksum != topic.checksum


NOT_FOR_US = {
    "news": news(),
    "a tender": search_result(type=["0"]),
    "Swedish": search_result(language="sv"),
    "news without a type": search_result(reference="484009484425334", type=None),
}


@pytest.mark.parametrize("name", NOT_FOR_US)
def test_what_is_not_for_us_is_passed_over(name):
    assert topic_of(NOT_FOR_US[name]) is None


def test_the_language_of_an_old_record_stands_at_the_end_of_its_reference_or_nowhere():
    old = {"language": None}
    languages = {}
    for reference in ("43325635AMIFActionGrant1602720000000", "43325635AMIFActionGrant1602720000000nl"):
        result = search_result(reference=reference, **old) | {"language": None}
        languages[reference[-2:]] = topic_of(result).language
    assert languages == {"00": "en", "nl": "nl"}


# Dates ---------------------------------------------------------------------------------------------------------------

# Every notation of FORMAT.md for one day; an instant is that of midnight in Brussels or in UTC.
NOTATIONS = [
    "2025-01-21T00:00:00.000+0100",
    "2025-01-21T01:00:00.000+0100",
    "2025-01-21T00:00:00.000+0000",
    "2025-01-20T23:00:00.000+0000",
    "2025-01-21",
    "1737414000000",
    1737414000000,
    "21 January 2025",
    "21 Jan 2025",
    "Jan 21, 2025 5:00:00 PM",
]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_the_day_is_that_of_brussels(notation):
    found = values(deadlineDate=[notation], startDate=["2024-09-24"])
    assert found["deadline"] == "2025-01-21T17:00:00+01:00"
    assert values(startDate=[notation])["opens_at"] == "2025-01-21T00:00:00+01:00"


def test_calls_of_other_types_carry_real_hours():
    for kind in ("2", "8"):
        found = values(type=[kind], deadlineDate=["2027-06-01T23:59:00.000+0200"], callccm2Id=["48300001"])
        assert found["deadline"] == "2027-06-01T23:59:00+02:00"
        assert values(type=[kind], deadlineDate=["2027-06-01"])["deadline"] == "2027-06-01T17:00:00+02:00"
    assert found["source_url"] == f"{PAGES}/competitive-calls-cs/48300001"


def test_the_page_of_an_external_call_goes_by_its_number():
    found = topic_of(search_result(reference="177123PROSPECTSEN", type=["2"])).values
    assert found["source_url"] == "https://webgate.ec.europa.eu/prospect/external/publishedcalls.htm?callId=177123"


def test_the_last_of_several_dates_is_the_deadline():
    dates = ["2027-09-15", "2027-03-17", "2027-06-01", "2027-06-01"]
    found = values(deadlineDate=dates, deadlineModel=["multiple cut-off"])
    earlier = [{"label": "", "at": "2027-03-17T17:00:00+01:00"}, {"label": "", "at": "2027-06-01T17:00:00+02:00"}]
    told = (found["deadline"], found["deadline_model"], found["cutoffs"])
    assert told == ("2027-09-15T17:00:00+02:00", "multiple_cutoff", earlier)
    two = values(deadlineDate=dates[:2], deadlineModel=["two-stage"])
    assert (two["deadline_model"], two["cutoffs"]) == ("two_stage", [earlier[0] | {"label": "fase 1"}])


@pytest.mark.parametrize(
    ("said", "dates", "model"),
    [
        (["single-stage"], ["2027-06-01", "2027-09-01"], "multiple_cutoff"),
        (["multiple cut-off"], ["2027-06-01"], "multiple_cutoff"),
        (["multiple-cutoff"], ["2027-06-01", "2027-09-01"], "multiple_cutoff"),
        (["two-stage"], ["2027-06-01"], "two_stage"),
        (["nonsense"], ["2027-06-02"], "single_stage"),
        (None, ["2027-06-01"], "single_stage"),
        ([], ["2027-06-02", "2027-09-01"], "multiple_cutoff"),
    ],
)
def test_the_deadline_model_fits_the_dates(said, dates, model):
    assert values(deadlineModel=said, deadlineDate=dates)["deadline_model"] == model


def test_dates_stand_in_the_actions_where_nothing_else_says_them():
    actions = json.dumps([{"plannedOpeningDate": "2027-02-01", "deadlineDates": ["2027-05-04", "2027-11-03"]}])
    found = values(startDate=None, deadlineDate=None, deadlineModel=None, actions=[actions])
    dates = (found["opens_at"], [cutoff["at"] for cutoff in found["cutoffs"]], found["deadline"])
    assert dates == ("2027-02-01T00:00:00+01:00", ["2027-05-04T17:00:00+02:00"], "2027-11-03T17:00:00+01:00")


def test_said_to_be_empty_is_empty_and_not_said_is_left_out():
    empty = values(deadlineDate=[], startDate=[], descriptionByte=[])
    assert {name: empty[name] for name in ("opens_at", "deadline", "deadline_model", "cutoffs", "introduction")} == {
        "opens_at": None,
        "deadline": None,
        "deadline_model": "unknown",
        "cutoffs": [],
        "introduction": "",
    }
    silent = dict.fromkeys(["deadlineDate", "startDate", "descriptionByte", "topicConditions", "budgetOverview"])
    left_out = {"opens_at", "deadline", "deadline_model", "cutoffs", "introduction", "beneficiaries", "documents"}
    assert VALUES.keys() - values(**silent).keys() == left_out | {"budgets", "budget_text"}


@pytest.mark.parametrize("date", ["0000-01-01", "9999-12-31T23:59:59.999-1200", "1999-01-01", "2101-01-01", "x", True])
def test_a_senseless_deadline_breaks_the_record_and_a_senseless_opening_is_left_out(date):
    assert reason(deadlineDate=["2027-06-01", date]) == f"“{date}” is geen datum."
    assert VALUES.keys() - values(startDate=[date]).keys() == {"opens_at"}


@pytest.mark.parametrize(
    "date", [10**30, -1, "1" * 500, 1e300, "31 February 2027", "12 Foo 2027", {"a": 1}, "²0 May 2027"]
)
def test_what_is_no_date_is_none(date):
    assert reason(deadlineDate=[date]).endswith("is geen datum.")


def test_an_opening_after_the_deadline_is_left_out():
    assert "opens_at" not in values(startDate=["2027-06-02"])


def test_a_thousand_deadlines_are_too_many():
    dates = [str(1_800_000_000_000 + number * 86_400_000) for number in range(101)]
    assert reason(deadlineDate=dates) == "Het record heeft 101 deadlines."


# Budgets -------------------------------------------------------------------------------------------------------------


def budgets(*lines):
    return values(budgetOverview=[json.dumps(overview(*lines))]).get("budgets")


def test_only_the_lines_of_this_topic_count():
    lines = [budget_line(f"{IDENTIFIER}-01", 1), budget_line("AMIF-2027-TF2-AG-0", 2), budget_line(IDENTIFIER, "3")]
    assert [row["amount"] for row in budgets(*lines)] == ["3.00"]
    assert budgets(*lines[:2]) is None


def test_years_are_added_up_whether_they_are_numbers_or_texts():
    other = budget_line(IDENTIFIER, 1.5, action=f"{IDENTIFIER} - AMIF-OTH Andere")
    assert budgets(budget_line(IDENTIFIER, "15000000", 250000), other, budget_line("X", 1)) == [
        VALUES["budgets"][0] | {"amount": "15250000.00", "note": "2027: €\xa015.000.000, 2028: €\xa0250.000"},
        VALUES["budgets"][0] | {"label": "Andere", "amount": "1.50"},
    ]


def test_one_amount_with_every_topic_of_the_call_is_one_pot():
    lines = [budget_line(topic, "900000") for topic in (IDENTIFIER, "AMIF-2", "AMIF-3", "AMIF-4")]
    shared = {"amount": "900000.00", "shared": True, "note": "budget van de oproep, één pot voor 4 onderwerpen"}
    assert budgets(*lines) == [VALUES["budgets"][0] | shared]
    assert budgets(*lines[:3], budget_line("AMIF-4", 1))[0]["shared"] is False
    assert budgets(lines[0])[0]["shared"] is False


@pytest.mark.parametrize("amount", [-1, "-15000000", "1e400", 10**13, "NaN", "15 000", True, [], {"a": 1}, "٣"])
def test_a_senseless_amount_leaves_the_budget_out(amount):
    assert budgets(budget_line(IDENTIFIER, 1000, amount)) is None
    assert budgets(budget_line(IDENTIFIER, 1000), budget_line("X", amount))[0]["amount"] == "1000.00"


@pytest.mark.parametrize(
    "overview", ["", "{", "[]", "7", '{"budgetTopicActionMap": []}', "[" * 9000, {"budgetTopicActionMap": 1}]
)
def test_an_overview_that_is_none(overview):
    assert VALUES.keys() - values(budgetOverview=[overview]).keys() == {"budgets", "budget_text"}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"minContribution": 0, "expectedGrants": 0}, "<p>Hoogstens €&nbsp;1.500.000 per project.</p>"),
        ({"maxContribution": 0, "expectedGrants": -4}, "<p>Minstens €&nbsp;500.000 per project.</p>"),
        ({"minContribution": 1500000}, "<p>€&nbsp;1.500.000 per project. Verwacht aantal projecten: 4.</p>"),
        ({"minContribution": "x", "maxContribution": None, "expectedGrants": "2.5"}, None),
    ],
)
def test_what_a_project_can_get(fields, text):
    line = budget_line(IDENTIFIER, 1, **fields)
    assert values(budgetOverview=[json.dumps(overview(line))]).get("budget_text") == text


# Text ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["CafÃ©", "â€œvoorâ€", "Ã«", "├®n", "ï»¿tekst", "ÔÇÖ", "5Â°"])
@pytest.mark.parametrize("field", ["title", "descriptionByte", "topicConditions", "supportInfo", "identifier"])
def test_text_in_a_wrong_encoding_breaks_the_record(field, text):
    assert reason(**{field: [text]}).startswith("Tekst in een verkeerde codering: “")


def test_right_accents_are_no_wrong_encoding():
    title = "SÃO Tomé, Âge, façade: “één” – ‘naïef’ €"
    assert values(title=[title])["title"] == title


def test_a_title_is_one_line_of_text():
    assert values(title=["\ufeff R&amp;D\n<b>voor</b> ngo’s\\n"])["title"] == "R&D voor ngo’s"
    assert topic_of(search_result(title=[])).values["title"] == "Samenvatting"


def test_a_title_that_is_too_long_is_cut_between_words():
    result = search_result(title=["woord " * 2000])
    topic = topic_of(result)
    assert (len(topic.values["title"]), topic.values["title"][-12:]) == (498, " woord woord…"[-12:])
    assert topic.raw["metadata"]["title"] == ["woord " * 2000]
    assert (cut("a" * 10_000, 500), cut("a" * 500, 500)) == ("a" * 499 + "…", "a" * 500)
