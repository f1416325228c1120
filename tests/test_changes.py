"""What followers hear of: which facts of a call, in which words, and when a difference is written down."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from calls.announcing import announce
from calls.changes import FACTS, change_log, facts_of, recorded
from calls.models import Call, Change
from calls.status import DeadlineModel
from tests.editing import SAID, START, A, B, C, changes, move, moved
from tests.factories import ApplicantTypeFactory, CallFactory, FundFactory, ThemeFactory, brussels

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def call(clock):
    return CallFactory(deadline=A, published_at=brussels(2027, 1, 1))


# Facts ---------------------------------------------------------------------------------------------------------------


def test_the_facts_of_a_call_in_the_words_of_its_page(clock):
    dates = {"opens_at": brussels(2027, 1, 15, 9, 30), "deadline": brussels(2027, 7, 16, 17), "withdrawn_at": C}
    call = CallFactory(published_at=brussels(2027, 1, 1), deadline_model=DeadlineModel.TWO_STAGE, **dates)
    call.cutoffs.create(label="fase 1", at=brussels(2027, 3, 28, 3))
    call.cutoffs.create(at=brussels(2027, 4, 1, 12))
    call.budgets.create(order=1, label="EU", amount=Decimal("1250000.50"), rate=Decimal(75))
    call.budgets.create(order=2, amount=Decimal(32700000), shared=True, note="samen met de andere")
    call.budgets.create(order=3, label="POD", rate=Decimal("12.5"), note="ten hoogste")
    call.budgets.create(order=4, rate=Decimal(90))
    call.documents.create(order=1, title="Gids", file="2027/01/gids.pdf")
    call.documents.create(order=2, title="Formulier", link="https://example.org/formulier/")
    assert facts_of(Call.objects.get()) == {
        "opens_at": ["vrijdag 15 januari 2027 om 09.30 uur"],
        "deadline": ["vrijdag 16 juli 2027 om 17.00 uur"],
        "cutoffs": ["fase 1: zondag 28 maart 2027 om 03.00 uur", "donderdag 1 april 2027 om 12.00 uur"],
        "budgets": [
            "EU: €\xa01.250.000,50 (75%)",
            "€\xa032.700.000 (één pot voor meerdere oproepen; samen met de andere)",
            "POD: 12,5% (ten hoogste)",
            "90%",
        ],
        "documents": ["Gids (gids.pdf)", "Formulier (example.org/formulier)"],
        "withdrawn": ["donderdag 3 juni 2027 om 17.00 uur"],
    }
    assert list(facts_of(call)) == list(FACTS)


@pytest.mark.parametrize(
    ("model", "words"), [(DeadlineModel.ROLLING, "doorlopend: geen einddatum"), (DeadlineModel.UNKNOWN, "onbekend")]
)
def test_a_call_without_a_date_says_what_kind_of_deadline_it_has(model, words):
    facts = facts_of(CallFactory(deadline=None, deadline_model=model))
    assert facts == {fact: [] for fact in FACTS} | {"deadline": [words]}


def test_nobody_reads_the_facts_of_a_call_that_is_not_public(clock):
    later, before = START + timedelta(days=1), START - timedelta(days=1)
    hidden = [
        CallFactory(published_at=None),
        CallFactory(published_at=later),
        CallFactory(published_at=None, withdrawn_at=before),
        CallFactory(published_at=START, withdrawn_at=before),
    ]
    assert [facts_of(call) for call in hidden] == [{}, {}, {}, {}]


def test_of_a_withdrawn_call_one_reads_that_it_is_withdrawn(clock):
    call = CallFactory(published_at=brussels(2027, 1, 1), withdrawn_at=brussels(2027, 2, 1, 9))
    assert facts_of(call) == {"withdrawn": ["maandag 1 februari 2027 om 09.00 uur"]}


# Recording -----------------------------------------------------------------------------------------------------------


def test_each_fact_that_differs_is_written_down(call):
    with recorded(call):
        Call.objects.filter(pk=call.pk).update(
            opens_at=brussels(2027, 4, 1, 9), deadline=None, deadline_model="rolling"
        )
        call.cutoffs.create(label="fase 1", at=B)
        call.budgets.create(order=1, amount=Decimal(1000))
        call.documents.create(order=1, title="Gids", link="https://example.org/gids.pdf")
    assert changes() == [
        (
            {
                "opens_at": [[], ["donderdag 1 april 2027 om 09.00 uur"]],
                "deadline": [SAID[A], ["doorlopend: geen einddatum"]],
                "cutoffs": [[], ["fase 1: woensdag 2 juni 2027 om 17.00 uur"]],
                "budgets": [[], ["€\xa01.000"]],
                "documents": [[], ["Gids (example.org/gids.pdf)"]],
            },
            False,
            0,
        )
    ]
    assert Change.objects.get().told_at is None


def test_other_texts_are_no_change_and_neither_is_another_order(call):
    for order, label in enumerate(["een", "twee"], 1):
        call.budgets.create(order=order, label=label, amount=Decimal(1000))
    with recorded(call):
        call.title, call.introduction = "Anders", "<p>Ook</p>"
        call.deadline_model = DeadlineModel.TWO_STAGE
        call.save()
        call.budgets.filter(label="een").update(order=3)
    assert changes() == []


def test_another_file_under_the_same_title_is_a_change(call):
    gids = call.documents.create(order=1, title="Gids", file="2027/01/gids.pdf")
    with recorded(call):
        gids.file = "2027/03/gids_v2.pdf"
        gids.save()
    assert changes() == [({"documents": [["Gids (gids.pdf)"], ["Gids (gids_v2.pdf)"]]}, False, 0)]


@pytest.mark.parametrize(
    "before_and_after",
    [
        (None, None),
        (None, START),  # the first publication
        (START, None),
        (START, START + timedelta(days=1)),
        (START + timedelta(days=1), START + timedelta(days=1)),
        (START + timedelta(days=1), START),
    ],
)
def test_a_call_that_is_not_public_before_and_after_records_nothing(clock, before_and_after):
    before, after = before_and_after
    call = CallFactory(deadline=A, published_at=before)
    with recorded(call):
        call.deadline, call.published_at = B, after
        call.save()
    assert changes() == []


def test_withdrawing_is_a_change_and_what_else_was_edited_then_is_not(call):
    with recorded(call):
        call.withdrawn_at, call.deadline = START, B
        call.save()
    assert changes() == [({"withdrawn": [[], ["maandag 1 maart 2027 om 12.00 uur"]]}, False, 0)]


def test_a_withdrawal_that_is_undone_within_half_an_hour_never_was(call, clock):
    move(call, B)
    for withdrawn_at in (START, None):
        with recorded(call):
            Call.objects.update(withdrawn_at=withdrawn_at)
    assert changes() == [(moved(A, B), False, 0)]


def test_a_withdrawal_that_is_undone_later_is_a_change(call, clock):
    for withdrawn_at in (START, None):
        with recorded(call):
            Call.objects.update(withdrawn_at=withdrawn_at)
        clock.shift(timedelta(minutes=30))
    gone = ["maandag 1 maart 2027 om 12.00 uur"]
    assert [facts for facts, *_ in changes()] == [{"withdrawn": [[], gone]}, {"withdrawn": [gone, []]}]


def test_a_withdrawn_call_records_nothing_else(call):
    Call.objects.update(withdrawn_at=START)
    move(call, B)
    assert changes() == []


def test_a_call_that_is_deleted_meanwhile_records_nothing(call):
    with recorded(call):
        Call.objects.all().delete()
    with recorded(call):
        pass
    assert changes() == []


def test_a_failure_leaves_nothing(call):
    def fail():
        with recorded(call):
            Call.objects.update(deadline=B)
            1 / 0  # noqa: B018

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (changes(), Call.objects.get().deadline) == ([], A)


# News once more ------------------------------------------------------------------------------------------------------


@pytest.fixture
def found(call):
    """A call that was announced, with a fund that names a type of organisation, and a theme."""
    call.fund.applicant_types.add(ApplicantTypeFactory(name="Ngo's"))
    call.themes.add(ThemeFactory(name="Migratie"))
    announce()
    return Call.objects.get()


EDITS = {
    "another theme": (lambda call: call.themes.add(ThemeFactory()), True),
    "another theme instead": (lambda call: call.themes.set([ThemeFactory()]), True),
    "no theme": (lambda call: call.themes.clear(), False),
    "another fund": (lambda call: Call.objects.update(fund=FundFactory()), True),
    "no fund": (lambda call: Call.objects.update(fund=None), False),
    "another type": (lambda call: call.applicant_types.add(ApplicantTypeFactory()), True),
    "the type of its fund": (lambda call: call.applicant_types.set(call.fund.applicant_types.all()), False),
    "another date": (lambda call: Call.objects.update(deadline=B), False),
    "withdrawn": (lambda call: (call.themes.add(ThemeFactory()), Call.objects.update(withdrawn_at=START)), False),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_call_is_news_again_to_those_who_could_not_find_it(found, name):
    edit, news = EDITS[name]
    with recorded(found):
        edit(found)
    assert (Call.objects.get().announcement is None) is news


def test_a_minor_change_makes_no_news(found):
    with recorded(found, minor=True):
        found.themes.add(ThemeFactory())
    assert Call.objects.get().announcement is not None


# The log -------------------------------------------------------------------------------------------------------------


def test_the_log_shows_only_the_lines_that_went_and_came(call):
    lines = {"budgets": [["a", "b", "b"], ["c", "b", "a"]], "opens_at": [[], ["d"]]}
    newest = call.changes.create(facts=lines, changed_at=START)
    call.changes.create(facts=moved(A, B), changed_at=START - timedelta(hours=1))
    assert change_log(call) == [
        (newest.changed_at, [("opening", [], ["d"]), ("budget", ["b"], ["c"])]),
        (START - timedelta(hours=1), [("deadline", SAID[A], SAID[B])]),
    ]
