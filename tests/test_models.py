"""The rules of the models: the database keeps them, and an editor reads them in Dutch."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
import time_machine
from django.apps import apps
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import Follow, User
from calls.models import Action, Budget, Call, Cutoff, Document, Objective
from calls.status import DeadlineModel
from contacts.models import Contact
from funds.models import ApplicantType, Fund, FundBudget, FundContact, FundObjective, Theme
from tests.factories import (
    ApplicantTypeFactory,
    CallFactory,
    ContactFactory,
    FundFactory,
    ThemeFactory,
    UserFactory,
    brussels,
)

pytestmark = pytest.mark.django_db
OURS = [model for app in ("contacts", "funds", "calls", "accounts") for model in apps.get_app_config(app).get_models()]
DEADLINE = brussels(2027, 3, 1, 17)


def complaints(row):
    """What an editor reads beside the form, by field; {} when all is well."""
    try:
        row.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


def second_follow():
    follow = Follow.objects.create(user=UserFactory(), theme=ThemeFactory())
    return Follow(user=follow.user, theme=follow.theme)


def theme_below_itself():
    theme = ThemeFactory()
    theme.parent_id = theme.pk
    return theme


def call(**fields):
    return Call(title="Oproep", deadline_model=DeadlineModel.SINGLE_STAGE, **fields)


# For each constraint a row that breaks it and nothing else, and what the editor then reads.
BROKEN = {
    "contact_unique": (
        lambda: Contact(organisation="VLEVA", name=ContactFactory().name, email="a@example.org"),
        "Deze persoon van deze organisatie staat al in de lijst.",
    ),
    "contact_vleva_has_name": (
        lambda: Contact(kind=Contact.Kind.VLEVA, organisation="VLEVA"),
        "Een VLEVA-collega moet een naam hebben.",
    ),
    "theme_not_its_own_parent": (theme_below_itself, "Een thema kan niet onder zichzelf staan."),
    "fund_unique_period": (
        lambda: Fund(name="Nog een fonds", abbreviation=FundFactory().abbreviation, period="2021-2027"),
        "Dit fonds staat al in de lijst voor deze periode.",
    ),
    "fundbudget_amount_positive": (
        lambda: FundBudget(fund=FundFactory(), label="Niets", amount=Decimal(0)),
        "Een bedrag is meer dan nul.",
    ),
    "call_opens_before_deadline": (
        lambda: call(opens_at=DEADLINE, deadline=DEADLINE),
        "Een oproep moet openen vóór de deadline.",
    ),
    "call_deadline_fits_its_model": (
        lambda: call(deadline=None),
        "Een doorlopende of onbekende deadline heeft geen datum; elk ander deadlinemodel wel.",
    ),
    "budget_says_something": (
        lambda: Budget(call=CallFactory(), label="Iets"),
        "Vul een bedrag, een cofinancieringsgraad of allebei in.",
    ),
    "budget_rate_is_percentage": (
        lambda: Budget(call=CallFactory(), rate=Decimal("100.01")),
        "Een cofinancieringsgraad ligt tussen 0 en 100%.",
    ),
    "budget_amount_not_negative": (
        lambda: Budget(call=CallFactory(), amount=Decimal("-0.01")),
        "Een bedrag kan niet negatief zijn.",
    ),
    "cutoff_unique": (
        lambda: Cutoff(
            call=Cutoff.objects.create(call=CallFactory(deadline=DEADLINE), at=DEADLINE - timedelta(1)).call,
            at=DEADLINE - timedelta(1),
        ),
        "Deze oproep heeft al een tussentijdse deadline op dat moment.",
    ),
    "document_file_or_link": (
        lambda: Document(call=CallFactory(), title="Leeg"),
        "Geef een bestand of een link, één van de twee.",
    ),
    "user_email_unique_whatever_the_case": (
        lambda: User(email=UserFactory().email.upper(), password="x"),
        "Er is al een account met dit e-mailadres.",
    ),
    "follow_unique": (second_follow, "Gevolgd thema met deze User en Theme bestaat al."),
}


def test_every_constraint_is_tested_here():
    assert {constraint.name for model in OURS for constraint in model._meta.constraints} == set(BROKEN)


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_keeps_the_rule(name):
    row = BROKEN[name][0]()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.parametrize("name", BROKEN)
def test_the_editor_reads_the_rule_in_dutch(name):
    make, message = BROKEN[name]
    with pytest.raises(ValidationError) as refused:
        make().validate_constraints()
    assert refused.value.message_dict == {"__all__": [message]}


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - {"budget_rate_is_percentage", "budget_amount_not_negative"}))
def test_the_whole_check_of_a_form_says_just_that_rule(name):
    make, message = BROKEN[name]
    assert complaints(make()) == {"__all__": [message]}


@pytest.mark.parametrize(
    ("deadline_model", "has_deadline"),
    [(model, model not in {DeadlineModel.ROLLING, DeadlineModel.UNKNOWN}) for model in DeadlineModel],
)
def test_each_deadline_model_says_whether_there_is_a_date(deadline_model, has_deadline):
    """Both ways: with the date it needs, and with the date it must not have (or lacks)."""
    right, wrong = (DEADLINE, None) if has_deadline else (None, DEADLINE)
    message = "Een doorlopende of onbekende deadline heeft geen datum; elk ander deadlinemodel wel."
    assert complaints(Call(title="Goed", deadline_model=deadline_model, deadline=right)) == {}
    assert complaints(Call(title="Fout", deadline_model=deadline_model, deadline=wrong)) == {"__all__": [message]}
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.create(title="Fout", deadline_model=deadline_model, deadline=wrong)


@pytest.mark.parametrize(
    ("make", "messages"),
    [
        (lambda: Call(title="X", slug=CallFactory().slug), {"slug": ["Er bestaat al een oproep met eenzelfde adres."]}),
        (lambda: Fund(name="X", abbreviation="X", slug=FundFactory().slug), {"slug": ["fonds"]}),
        (lambda: Theme(name=ThemeFactory().name), {"name": ["thema"]}),
        (lambda: Theme(name="X", slug=ThemeFactory().slug), {"slug": ["thema"]}),
        (lambda: ApplicantType(name=ApplicantTypeFactory().name), {"name": ["type"]}),
        (lambda: ApplicantType(name="X", slug=ApplicantTypeFactory().slug), {"slug": ["type"]}),
        (lambda: User(email=UserFactory().email, password="x"), {"email": ["gebruiker"]}),
    ],
)
def test_what_must_be_unique(make, messages):
    row = make()
    assert complaints(row) == messages
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.parametrize(
    ("make", "messages"),
    [
        (lambda: Call(), {"title": ["Dit veld mag niet leeg zijn."]}),
        (lambda: Call(title="x" * 501), {"title": ["x"]}),
        (lambda: Call(title="X", slug="met spatie"), {"slug": ["x"]}),
        (lambda: Call(title="X", source_url="javascript:alert(1)"), {"source_url": ["Voer een geldige URL in."]}),
        (lambda: Contact(), {"organisation": ["Dit veld mag niet leeg zijn."]}),
        (lambda: Contact(organisation="X", email="x"), {"email": ["Voer een geldig e-mailadres in."]}),
        (lambda: Objective(call=CallFactory()), {"text": ["Dit veld mag niet leeg zijn."]}),
        (lambda: Action(call=CallFactory(), text="<p></p>"), {"text": ["Dit veld mag niet leeg zijn."]}),
        (lambda: Budget(call=CallFactory(), rate=-1), {"rate": ["x"]}),
        (lambda: Budget(call=CallFactory(), rate=101), {"rate": ["x"]}),
        (lambda: Budget(call=CallFactory(), amount=-1), {"amount": ["x"]}),
        (lambda: Document(call=CallFactory(), title="X", file="x.html"), {"file": ["x"]}),
        (
            lambda: Cutoff(call=CallFactory(deadline=DEADLINE), at=DEADLINE),
            {"at": ["Een tussentijdse deadline valt vóór de laatste deadline."]},
        ),
        (
            lambda: Theme(name="X", contact=ContactFactory(kind=Contact.Kind.AUTHORITY)),
            {"contact": ["x"]},
        ),
    ],
)
def test_a_field_says_in_dutch_what_is_wrong_with_it(make, messages):
    assert complaints(make()) == messages
