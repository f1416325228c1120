"""What a fresh installation holds: the five pages with their facts, loaded once."""

from decimal import Decimal
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from calls import page_fund
from calls.models import Call
from calls.status import DeadlineModel, Status
from funds.models import Fund, Theme
from portal.management.commands.prepare import static_fingerprint
from tests.factories import BRUSSELS, DERIVED, CallFactory, ContactFactory, FundFactory, ThemeFactory


def every_row():
    """All rows of all tables of content, the tables between calls and themes too, with all columns."""
    ours = [apps.get_app_config(name) for name in ("contacts", "funds", "calls")]
    models = [model for app in ours for model in app.get_models(include_auto_created=True)]
    kept = [model for model in models if model._meta.label not in DERIVED]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in kept}


def test_loading_twice_changes_nothing(five_pages):
    before = every_row()
    call_command("loaddata", "contacts", "funds", "calls", verbosity=0)
    assert every_row() == before
    assert {name: len(found) for name, found in before.items() if found} == {
        "contacts.Contact": 3,
        "funds.Theme": 17,
        "funds.ApplicantType": 12,
        "funds.Fund": 1,
        "funds.Fund_themes": 1,
        "funds.Fund_applicant_types": 12,
        "funds.FundObjective": 3,
        "funds.FundBudget": 2,
        "funds.FundContact": 3,
        "calls.Call": 5,
        "calls.Call_applicant_types": 1,
        "calls.Call_themes": 9,
        "calls.Objective": 9,
        "calls.Action": 47,
        "calls.Budget": 6,
        "calls.Synonym": 6,
    }


EU = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/topic-details/"
SHARED = [("", Decimal("32700000.00"), None, True, "samen met de andere AMIF-calls met deadline 16 februari")]
OPENED, CLOSED = "2020-10-15T00:00:00+02:00", "2021-02-16T17:00:00+01:00"


def belgian(moment):
    return moment and moment.astimezone(BRUSSELS).isoformat()


def test_the_facts_of_the_five_calls(five_pages):
    found = {
        call.code: (
            belgian(call.opens_at),
            belgian(call.deadline),
            call.source_url,
            call.title_language,
            sorted(theme.slug for theme in call.themes.all()),
            list(call.budgets.values_list("label", "amount", "rate", "shared", "note")),
        )
        for call in Call.objects.all()
    }
    both, at_work = ["migratie", "sociale-inclusie"], ["migratie", "werk-en-sociale-zaken"]
    one = [("", Decimal("3430000.00"), None, False, "")]
    national = [
        ("AMIF", Decimal("1320069.53"), Decimal(75), False, ""),
        ("POD Maatschappelijke Integratie", None, Decimal(15), False, ""),
    ]
    assert found == {
        "AMIF-2017-AG-INTE-03": (None, "2018-03-01T17:00:00+01:00", "", "en", at_work, one),
        "AMIF-2020-AG-CALL-02": (OPENED, CLOSED, f"{EU}amif-2020-ag-call-02", "en", both, SHARED),
        "AMIF-2020-AG-CALL-03": (OPENED, CLOSED, f"{EU}amif-2020-ag-call-03", "en", both, SHARED),
        "AMIF-2020-AG-CALL-04": (OPENED, CLOSED, f"{EU}amif-2020-ag-call-04", "en", both, SHARED),
        "42": (None, "2019-09-02T23:59:00+02:00", "", "nl", ["migratie"], national),
    }
    assert {(call.status, call.deadline_model) for call in Call.objects.all()} == {
        (Status.CLOSED, DeadlineModel.SINGLE_STAGE)
    }
    assert Call.objects.closed().published().about(Theme.objects.get(slug="eu-algemeen")).count() == 5


def test_the_fund_and_its_parts(five_pages):
    fund = Fund.objects.get()
    assert (str(fund), fund.name) == ("AMIF 2014-2020", "Fonds voor Asiel, Migratie en Integratie")
    assert fund.notice == (
        "Er is nog geen akkoord bereikt over het nieuwe programma op Europees niveau. "
        "Meer gedetailleerde informatie volgt binnenkort."
    )
    assert [type.name for type in fund.applicant_types.all()] == sorted(page_fund.APPLICANT_TYPES, key=str.lower)
    assert fund.applicant_types.count() == 12
    assert [theme.slug for theme in fund.themes.all()] == ["migratie"]
    assert list(fund.objectives.values_list("order", "title")) == [
        (1, "Gemeenschappelijk Europees Asielstelsel"),
        (2, "Integratie van onderdanen van landen buiten de EU en legale migratie"),
        (3, "Terugkeer"),
    ]
    assert list(fund.budgets.values_list("amount", "label")) == [
        (Decimal(2_752_000_000), "nationale programma's van lidstaten"),
        (Decimal(385_000_000), "EU-acties, noodsituaties, het Europese migratienetwerk en technische bijstand"),
    ]
    integration = "Gedelegeerde autoriteiten (luik Integratie)"
    assert list(fund.fund_contacts.values_list("role", "contact__organisation", "contact__email")) == [
        ("Verantwoordelijke autoriteit", "FOD Binnenlandse Zaken, cel Europese Fondsen", "amif.isf@ibz.eu"),
        (integration, "Vlaams ESF-agentschap", "lisa.vanhecke@esf.vlaanderen.be"),
        (integration, "Agence FSE de la Fédération Wallonie-Bruxelles", "juliette.bach@fse.be"),
    ]
    assert set(Call.objects.values_list("fund", flat=True)) == {fund.pk}


@pytest.fixture
def prepare(db, settings, tmp_path):
    """The command, with the static files already in place: those are not what these tests are about."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / ".fingerprint").write_text(static_fingerprint(), encoding="utf-8")

    def run():
        output = StringIO()
        call_command("prepare", stdout=output)
        return output.getvalue()

    return run


def test_an_empty_database_gets_the_five_pages_once(prepare):
    assert prepare() == "Loaded the first content from fixtures/.\n"
    before = every_row()
    assert len(before["calls.Call"]) == 5
    assert prepare() == ""
    assert every_row() == before


def test_what_staff_changed_or_deleted_never_comes_back(prepare):
    prepare()
    Call.objects.exclude(code="42").delete()
    Call.objects.update(title="Anders")
    prepare()
    assert list(Call.objects.values_list("title", flat=True)) == ["Anders"]
    Call.objects.all().delete()
    prepare()
    assert Call.objects.count() == 0


@pytest.mark.parametrize("content", [CallFactory, FundFactory, ThemeFactory, ContactFactory])
def test_a_database_with_other_content_is_left_alone(prepare, content):
    content()
    before = every_row()
    assert prepare() == ""
    assert every_row() == before
