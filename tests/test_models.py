"""The rules of the models: the database keeps them, and an editor reads them in Dutch."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from calls.models import Action, Budget, Call, Cutoff, Document, Objective
from calls.status import DeadlineModel
from contacts.models import Contact
from funds.models import ApplicantType, Fund, Theme
from tests.broken_rows import BROKEN, call
from tests.desk import complaints
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


# Here the fields themselves refuse the value, with the message of their own tests below.
FIELDS_SPEAK_FIRST = {
    "theme_not_its_own_parent",
    "budget_rate_is_percentage",
    "budget_amount_not_negative",
    "user_email_unique_whatever_the_case",
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


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - FIELDS_SPEAK_FIRST))
def test_the_whole_check_of_a_form_says_just_that_rule(name):
    make, message = BROKEN[name]
    assert complaints(make()) == {"__all__": [message]}


def test_a_date_says_enough_where_no_deadline_model_was_chosen():
    call = Call(title="Met datum", deadline=DEADLINE)
    assert (complaints(call), call.deadline_model) == ({}, DeadlineModel.SINGLE_STAGE)


@pytest.mark.parametrize(
    ("deadline_model", "has_deadline"),
    [(model, model not in {DeadlineModel.ROLLING, DeadlineModel.UNKNOWN}) for model in DeadlineModel],
)
def test_each_deadline_model_says_whether_there_is_a_date(deadline_model, has_deadline):
    """Both ways: with the date it needs, and with the date it must not have (or lacks)."""
    right, wrong = (DEADLINE, None) if has_deadline else (None, DEADLINE)
    message = "Een doorlopende of onbekende deadline heeft geen datum; elk ander deadlinemodel wel."
    assert complaints(Call(title="Goed", deadline_model=deadline_model, deadline=right)) == {}
    if deadline_model != DeadlineModel.UNKNOWN:
        assert complaints(Call(title="Fout", deadline_model=deadline_model, deadline=wrong)) == {"__all__": [message]}
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.create(title="Fout", deadline_model=deadline_model, deadline=wrong)


@pytest.mark.parametrize(
    ("make", "field", "message"),
    [
        (lambda: Call(title="X", slug=CallFactory().slug), "slug", "een Oproep met dezelfde waarde voor Webadres"),
        (lambda: Fund(name="X", slug=FundFactory().slug), "slug", "een Fonds met dezelfde waarde voor Webadres"),
        (lambda: Theme(name=ThemeFactory().name), "name", "een Thema met dezelfde waarde voor Naam"),
        (lambda: Theme(name="X", slug=ThemeFactory().slug), "slug", "een Thema met dezelfde waarde voor Webadres"),
        (
            lambda: ApplicantType(name=ApplicantTypeFactory().name),
            "name",
            "een Type organisatie met dezelfde waarde voor Naam",
        ),
        (
            lambda: ApplicantType(name="X", slug=ApplicantTypeFactory().slug),
            "slug",
            "een Type organisatie met dezelfde waarde voor Webadres",
        ),
        (lambda: User(email=UserFactory().email), "email", "een Gebruiker met dezelfde waarde voor E-mailadres"),
    ],
)
def test_what_must_be_unique(make, field, message):
    row = make()
    assert complaints(row)[field] == [f"Er bestaat al {message}."]
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def moments(at):
    """Each moment that an editor can enter, with the same year."""
    dates = {name: at.replace(month=month) for month, name in enumerate(["published_at", "opens_at", "deadline"], 1)}
    return call(**dates), Cutoff(call=CallFactory(deadline=at.replace(year=2100)), at=at)


def test_a_slip_of_the_keyboard_in_a_year_is_refused():
    ago, away = [f"Deze datum ligt te ver {where}: klopt het jaar?" for where in ("terug", "weg")]
    for year, message in [(1999, ago), (27, ago), (2100, away), (9999, away)]:
        row, cutoff = moments(brussels(year, 6, 1, 12))
        assert complaints(row) == {name: [message] for name in ("published_at", "opens_at", "deadline")}
        assert complaints(cutoff)["at"][0] == message
    for year in (2000, 2099):
        assert [complaints(row) for row in moments(brussels(year, 6, 1, 12))] == [{}, {}]


EMPTY = "Dit veld mag niet leeg zijn."
NO_SLUG = "Vul een geldige ‘slug’ in, bestaande uit letters, cijfers, liggende streepjes en verbindingsstreepjes."
EXTENSIONS = "pdf, doc, docx, xls, xlsx, ppt, pptx, odt, ods, odp, png, jpg, jpeg"


@pytest.mark.parametrize(
    ("make", "messages"),
    [
        (lambda: Call(), {"title": [EMPTY]}),
        (
            lambda: Call(title="x" * 501),
            {"title": ["Zorg dat deze waarde niet meer dan 500 tekens bevat (het zijn er nu 501)."]},
        ),
        (lambda: Call(title="X", slug="met spatie"), {"slug": [NO_SLUG]}),
        (lambda: Call(title="X", source_url="javascript:alert(1)"), {"source_url": ["Vul een geldige URL in."]}),
        (lambda: Contact(), {"organisation": [EMPTY]}),
        (lambda: Contact(organisation="X", email="x"), {"email": ["Vul een geldig e-mailadres in."]}),
        (lambda: Objective(call=CallFactory()), {"text": [EMPTY]}),
        (lambda: Objective(call=CallFactory(), text=None), {"text": [EMPTY]}),
        (lambda: Objective(call=CallFactory(), text="<p></p>"), {"text": [EMPTY]}),
        (lambda: Action(call=CallFactory(), text="<script>1</script>"), {"text": [EMPTY]}),
        (lambda: Budget(call=CallFactory(), rate=-1), {"rate": ["Zorg ervoor dat deze waarde minstens 0 is."]}),
        (lambda: Budget(call=CallFactory(), rate=101), {"rate": ["Zorg ervoor dat deze waarde hoogstens 100 is."]}),
        (lambda: Budget(call=CallFactory(), amount=-1), {"amount": ["Zorg ervoor dat deze waarde minstens 0 is."]}),
        (
            lambda: Document(call=CallFactory(), title="X", file="x.html"),
            {"file": [f"Bestandsextensie ‘html’ is niet toegestaan. Toegestane extensies zijn: ‘{EXTENSIONS}’."]},
        ),
        (
            lambda: Cutoff(call=CallFactory(deadline=DEADLINE), at=DEADLINE),
            {"at": ["Een tussentijdse deadline valt vóór de laatste deadline."]},
        ),
    ],
)
def test_a_field_says_in_dutch_what_is_wrong_with_it(make, messages):
    assert complaints(make()) == messages


# Contacts and documents ----------------------------------------------------------------------------------------------


def test_the_contact_for_everybody_is_vleva_without_a_name():
    ContactFactory(name="An")
    ContactFactory(kind=Contact.Kind.AUTHORITY, organisation="FOD", name="")
    assert list(Contact.objects.general()) == []
    general = ContactFactory(name="")
    assert (complaints(general), list(Contact.objects.general())) == ({}, [general])


def test_an_authority_needs_no_name_and_one_organisation_may_have_many_people():
    assert complaints(Contact(organisation="FOD Binnenlandse Zaken")) == {}
    ContactFactory(organisation="VLEVA", name="An")
    assert complaints(Contact(kind=Contact.Kind.VLEVA, organisation="VLEVA", name="Bo")) == {}
    assert complaints(Contact(kind=Contact.Kind.VLEVA, organisation="Elders", name="An")) == {}


@pytest.mark.parametrize(
    ("file", "link", "messages"),
    [
        ("2027/03/gids.pdf", "", {}),
        ("", "https://example.org/gids.pdf", {}),
        (
            "2027/03/gids.pdf",
            "https://example.org/gids.pdf",
            {"__all__": ["Geef een bestand of een link, één van de twee."]},
        ),
    ],
)
def test_a_document_is_a_file_or_a_link(file, link, messages):
    document = Document(call=CallFactory(), title="Gids", file=file, link=link)
    assert complaints(document) == messages
    if messages:
        with pytest.raises(IntegrityError), transaction.atomic():
            document.save()
    else:
        document.save()
        own = f"/oproepen/{document.call.slug}/bijlagen/{document.pk}/"
        assert document.get_absolute_url() == (link or own)
