"""What the checks find in a call, what they leave alone, and how it is kept."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from calls.desk import checks
from calls.desk.checks import known_about, problems_of, refresh, refresh_all
from calls.models import Call, Link, Problem
from calls.status import DeadlineModel
from tests.factories import ApplicantTypeFactory, CallFactory, FundFactory, brussels

NOW = brussels(2027, 3, 1, 12)  # a Monday
pytestmark = pytest.mark.django_db
FULL = {
    "introduction": "<p>Inleiding</p>",
    "objectives_before": "<p>Doel</p>",
    "actions_before": "<p>Actie</p>",
    "budget_text": "<p>Veel</p>",
    "beneficiaries": "<p>Ngo's</p>",
    "info_contact": "<p>Bel</p>",
    "deadline": brussels(2027, 6, 1, 17),
    "published_at": brussels(2027, 1, 4),
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def full_call(**fields):
    """A call in which nothing is wrong but what a test puts into it."""
    return CallFactory(**FULL | fields)


def found(call, **options):
    [call] = Call.objects.filter(pk=call.pk).for_export()
    problems = problems_of(call, known_about([call]), **options)
    return [(one.level, one.field, one.text) for one in problems]


def test_nothing_is_wrong():
    assert found(full_call()) == []


# Dates ---------------------------------------------------------------------------------------------------------------


def test_a_deadline_that_nobody_knows():
    call = full_call(deadline=None, deadline_model=DeadlineModel.UNKNOWN)
    assert found(call) == [("warning", "deadline", "De deadline is niet bekend.")]
    assert found(full_call(deadline=None, deadline_model=DeadlineModel.ROLLING)) == []


def test_a_deadline_that_its_model_needs():
    call = Call(title="Oproep", deadline_model=DeadlineModel.TWO_STAGE, **FULL | {"deadline": None, "pk": 0})
    text = "Bij dit deadlinemodel hoort een deadline."
    assert [(one.level, one.text) for one in problems_of(call, known_about([call]))] == [("error", text)]


def test_a_deadline_that_is_past():
    past = {"deadline": brussels(2027, 2, 26, 17)}
    text = "De deadline is voorbij: vrijdag 26 februari 2027 om 17.00 uur."
    draft = full_call(published_at=None, **past)
    assert found(draft) == [("warning", "deadline", text)]
    assert found(draft, publishing=True) == [("error", "deadline", text)]
    # A closed call that people could read in time is no fault.
    assert found(full_call(title="Dicht", **past)) == []


def test_a_call_that_would_appear_after_its_deadline():
    call = full_call(published_at=FULL["deadline"] + timedelta(minutes=1))
    assert found(call) == [("warning", "deadline", "De oproep verschijnt pas na de deadline.")]
    assert found(call, publishing=True) == [("error", "deadline", "De oproep verschijnt pas na de deadline.")]
    assert (
        found(full_call(title="Nog net", published_at=FULL["deadline"] - timedelta(minutes=1)), publishing=True) == []
    )


def test_it_opens_after_its_deadline():
    call = Call(
        title="Oproep", deadline_model="single_stage", **FULL | {"opens_at": brussels(2027, 6, 1, 17), "pk": 0}
    )
    texts = [(one.level, one.field, one.text) for one in problems_of(call, known_about([call]))]
    assert texts == [("error", "opens_at", "De oproep opent pas na de deadline.")]


@pytest.mark.parametrize(
    ("deadline", "text"),
    [
        (brussels(2027, 6, 5, 17), "Zaterdag 5 juni 2027 om 17.00 uur valt in een weekend."),
        (brussels(2027, 6, 6, 0, 30), "Zondag 6 juni 2027 om 00.30 uur valt in een weekend."),
        (brussels(2027, 3, 29, 17), "Maandag 29 maart 2027 om 17.00 uur is een feestdag: Paasmaandag."),
        (brussels(2027, 7, 21, 17), "Woensdag 21 juli 2027 om 17.00 uur is een feestdag: Nationale feestdag."),
        (brussels(2027, 5, 1, 17), "Zaterdag 1 mei 2027 om 17.00 uur is een feestdag: Dag van de Arbeid."),
    ],
)
def test_a_day_on_which_nobody_works(deadline, text):
    assert found(full_call(deadline=deadline)) == [("warning", "deadline", text)]


def test_a_cutoff_on_a_sunday_until_it_is_past(clock):
    call = full_call()
    call.cutoffs.create(at=brussels(2027, 3, 7, 17))
    assert found(call) == [("warning", "cutoffs", "Zondag 7 maart 2027 om 17.00 uur valt in een weekend.")]
    clock.move_to(brussels(2027, 3, 8))
    assert found(call) == []


# Contents ------------------------------------------------------------------------------------------------------------


def test_an_empty_call():
    call = CallFactory(title="Leeg", deadline=FULL["deadline"], fund=None)
    assert found(call) == [
        ("warning", "introduction", "De inleiding is leeg."),
        ("warning", "objectives", "Er staan geen doelstellingen in."),
        ("warning", "actions", "Er staan geen acties in."),
        ("warning", "budgets", "Er staat niets over het budget."),
        ("warning", "beneficiaries", "Er staat niet in wie mag indienen."),
        ("warning", "info_contact", "Er staat niet in waar men informatie kan vragen."),
    ]


def test_rows_and_the_funds_types_fill_a_section():
    fund = FundFactory()
    fund.applicant_types.add(ApplicantTypeFactory())
    call = CallFactory(fund=fund, deadline=FULL["deadline"], introduction="<p>a</p>", info_contact="<p>b</p>")
    call.objectives.create(text="<p>Doel</p>")
    call.actions.create(text="<p>Actie</p>")
    call.budgets.create(rate=Decimal(75))
    assert found(call) == []


def test_a_title_of_nothing():
    assert found(full_call(title="  ")) == [("error", "title", "De titel is leeg.")]


def test_a_title_and_a_code_that_are_used_already():
    call = full_call(title="Opvang", code="AMIF-2027-AG")
    full_call(title="Opvang", code="amif-2027-ag", family="ander")
    assert found(call) == [
        ("warning", "title", "Een andere oproep heeft dezelfde titel: Opvang (amif-2027-ag)"),
        ("warning", "code", "Een andere oproep heeft dezelfde code: Opvang (amif-2027-ag)"),
    ]


def test_editions_of_one_call_may_have_one_title():
    call = full_call(title="Opvang", code="AMIF-2027-AG")
    full_call(title="Opvang", code="AMIF-2026-AG")
    assert found(call) == []


def test_many_calls_with_one_title_are_counted_not_all_named():
    calls = [full_call(title="Opvang", code=f"CODE-{n}") for n in range(5)]
    text = "Een andere oproep heeft dezelfde titel: Opvang (CODE-1), Opvang (CODE-2), Opvang (CODE-3), …"
    assert found(calls[0]) == [("warning", "title", text)]


@pytest.mark.parametrize(
    ("text", "amounts", "problem"),
    [
        ("Het budget is 32 700 000 euro.", [32_700_000], None),
        ("Het budget is 32 700 000 euro.", [20_000_000, 12_700_000], None),
        ("€ 100 voor a en € 200 voor b, samen € 300", [100, 200], None),
        ("Geen bedrag, 75%", [100], None),
        ("Van € 500.000 tot € 1.500.000 per project. Verwacht aantal projecten: 4.", [15_000_000], None),
        ("Samen € 300 en € 9 per project", [], "De tekst noemt €\xa0300, maar geen enkele budgetlijn doet dat."),
        ("Het budget is 5 miljoen euro.", [], "De tekst noemt €\xa05.000.000, maar geen enkele budgetlijn doet dat."),
        (
            "Het budget is € 1.000.",
            [1_001],
            "De tekst noemt €\xa01.000, maar geen enkele budgetlijn doet dat. "
            "Een budgetlijn noemt €\xa01.001, de tekst niet.",
        ),
        ("€ 100 voor a", [100, 250], "Een budgetlijn noemt €\xa0250, de tekst niet."),
    ],
)
def test_budget_text_and_amounts(text, amounts, problem):
    call = full_call(budget_text=f"<p>{text}</p>")
    for order, amount in enumerate(amounts):
        call.budgets.create(order=order, amount=amount)
    assert found(call) == ([("warning", "budgets", problem)] if problem else [])


def test_a_text_that_names_another_deadline():
    call = full_call(info_contact="<p>Voorstellen uiterlijk maandag 31/05/2027 om 17u00.</p>")
    call.actions.create(text="<p>De deadline is 1 juni 2027.</p>")
    quote = "Voorstellen uiterlijk maandag 31/05/2027 om 17u00"
    text = f"De tekst noemt een andere deadline dan het veld: “{quote}”."
    assert found(call) == [("warning", "info_contact", text)]
    call.cutoffs.create(at=brussels(2027, 5, 31, 17))
    assert found(call) == []


def test_a_text_that_names_the_deadline_which_the_field_lacks():
    call = full_call(deadline=None, deadline_model="unknown", info_contact="<p>Deadline: 16 februari</p>")
    text = "De tekst noemt een deadline die in geen veld staat: “Deadline: 16 februari”."
    assert ("warning", "info_contact", text) in found(call)


def test_signs_that_no_date_and_no_amount_has_are_passed_over():
    odd = f"<p>Deadline 1 \N{LATIN SMALL LETTER LONG S}eptember 2021, € 1{'0' * 40}, € 1{'.000' * 20}</p>"
    call = full_call(budget_text=odd, info_contact=odd)
    assert {problem[1] for problem in found(call)} <= {"budget_text", "budgets", "info_contact"}


def test_dead_links_where_they_stand():
    urls = [f"https://example.org/{n}?a=1&b=2" for n in range(4)]
    for url in urls[:3]:
        Link.objects.create(url=url, dead_since=NOW)
    Link.objects.create(url=urls[3], failures=2)
    html = f'<p><a href="{urls[1].replace("&", "&amp;")}">hier</a> <a href="mailto:a@example.org">mail</a></p>'
    call = full_call(source_url=urls[0], introduction=html)
    call.documents.create(title="a", link=urls[2])
    call.documents.create(title="b", link=urls[3])
    assert found(call) == [
        ("warning", "source_url", f"Deze link werkt niet meer: {urls[0]}"),
        ("warning", "documents", f"Deze link werkt niet meer: {urls[2]}"),
        ("warning", "introduction", f"Deze link werkt niet meer: {urls[1]}"),
    ]


def test_a_withdrawn_call_needs_nothing():
    assert found(CallFactory(withdrawn_at=NOW - timedelta(days=1), title="")) == []


def test_the_five_real_calls(five_pages):
    refresh(Call.objects.all())
    rows = Problem.objects.order_by("call__code", "pk").values_list("call__code", "level", "text")
    assert list(rows) == [
        ("42", "warning", "Er staan geen acties in."),
        ("AMIF-2017-AG-INTE-03", "warning", "De inleiding is leeg."),
        ("AMIF-2017-AG-INTE-03", "warning", "Er staat niet in waar men informatie kan vragen."),
    ]


# Kept ----------------------------------------------------------------------------------------------------------------


def kept():
    return list(Problem.objects.order_by("pk").values_list("call", "field", "found_at"))


def test_what_is_still_wrong_keeps_its_moment(clock):
    call = full_call(introduction="", info_contact="")
    refresh([call])
    assert kept() == [(call.pk, "introduction", NOW), (call.pk, "info_contact", NOW)]
    clock.move_to(NOW + timedelta(days=1))
    Call.objects.filter(pk=call.pk).update(introduction="<p>Toch</p>", actions_before="")
    refresh([call.pk])
    assert kept() == [(call.pk, "info_contact", NOW), (call.pk, "actions", NOW + timedelta(days=1))]
    refresh([call.pk])
    assert len(kept()) == 2
    call.delete()
    refresh([call.pk])
    assert kept() == []


@pytest.mark.parametrize("number", [1, 3])
def test_a_fixed_number_of_queries(django_assert_num_queries, number):
    calls = [CallFactory(code=f"CODE-{n}", source_url=f"https://example.org/{n}") for n in range(number)]
    for call in calls:
        call.objectives.create(text="Doel")
        call.documents.create(title="a", link="https://example.org/a")
    # The calls, eight kinds of rows, titles, codes, dead links, what was found before, what is new; a savepoint.
    with django_assert_num_queries(16):
        refresh(calls)


def test_the_nightly_command():
    calls = [full_call(title=f"Oproep {n}", introduction="") for n in range(3)]
    out = StringIO()
    call_command("check_calls", stdout=out)
    assert out.getvalue() == "3 calls checked; 3 problems stand.\n"
    assert {call for call, _field, _at in kept()} == {call.pk for call in calls}
    assert timezone.now() == NOW


def test_a_call_that_no_check_can_read_stops_none_of_the_others(db, monkeypatch, caplog):
    calls = [CallFactory(title=title, published_at=None) for title in ("Een", "Stuk", "Twee")]
    read = checks.problems_of

    def problems(call, known):
        if call.title == "Stuk":
            raise RecursionError
        return read(call, known)

    monkeypatch.setattr(checks, "problems_of", problems)
    refresh_all([call.pk for call in calls])
    assert set(Problem.objects.values_list("call__title", flat=True)) == {"Een", "Twee"}
    assert f"The checks of call {calls[1].pk} broke off." in caplog.text
