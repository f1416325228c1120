"""Rows below a call or a fund, and how all rows are named, moved and deleted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.db.models import ProtectedError

from calls.models import Action, Budget, Call, Cutoff, Document, Objective, Synonym
from calls.status import DeadlineModel
from contacts.models import Contact
from funds.models import ApplicantType, Fund, FundBudget, FundContact, FundObjective, Theme
from tests.factories import AT_THE_DESK, DERIVED, CallFactory, ContactFactory, ThemeFactory, brussels

pytestmark = pytest.mark.django_db
MODELS = [model for app in ("contacts", "funds", "calls") for model in apps.get_app_config(app).get_models()]
CONTENT = [model for model in MODELS if model._meta.label not in DERIVED | AT_THE_DESK]
DEADLINE = brussels(2027, 3, 1, 17)


@pytest.fixture
def content(five_pages):
    """The five pages, and a row of each model that they lack."""
    call = Call.objects.first()
    Cutoff.objects.create(call=call, label="fase 1", at=call.deadline - timedelta(30))
    Document.objects.create(call=call, order=1, title="Gids", link="https://example.org/gids.pdf")
    ContactFactory()


def dump(path):
    apps_here = ("contacts", "funds", "calls")
    natural = {"natural_foreign": True, "natural_primary": True}
    call_command("dumpdata", *apps_here, exclude=DERIVED, indent=1, output=path, **natural)
    return path.read_text(encoding="utf-8")


def test_every_row_is_found_by_its_natural_key(content):
    for model in CONTENT:
        assert model.objects.exists()
        for row in model.objects.all():
            assert model.objects.get_by_natural_key(*row.natural_key()) == row


def test_content_moves_to_another_database_without_loss(content, tmp_path):
    before = dump(tmp_path / "before.json")
    children = Theme.objects.exclude(parent=None)
    owners = (Call.objects, Fund.objects, ApplicantType.objects, Contact.objects, children, Theme.objects)
    for rows in (Synonym.objects, *owners):
        rows.all().delete()
    assert [model for model in CONTENT if model.objects.exists()] == []
    call_command("loaddata", tmp_path / "before.json", verbosity=0)
    assert dump(tmp_path / "after.json") == before


def test_what_is_in_use_cannot_be_deleted():
    theme = ThemeFactory(parent=ThemeFactory(), contact=ContactFactory())
    call = CallFactory(themes=[theme])
    authority = FundContact.objects.create(fund=call.fund, contact=ContactFactory(), role="Autoriteit").contact
    for row in (theme.parent, call.fund, authority):
        with pytest.raises(ProtectedError):
            row.delete()


def test_what_may_go_leaves_the_rest_standing():
    theme = ThemeFactory(contact=ContactFactory())
    call = CallFactory(themes=[theme])
    for model, fields in [(Objective, {"text": "a"}), (Action, {"text": "a"}), (Budget, {"amount": 1})]:
        model.objects.create(call=call, **fields)
    theme.contact.delete()
    theme.refresh_from_db()
    assert theme.contact is None
    theme.delete()
    assert list(call.themes.all()) == []
    call.delete()
    assert [model.objects.count() for model in (Call, Objective, Action, Budget, Fund)] == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Objective, {"text": "a"}),
        (Action, {"text": "a"}),
        (Budget, {"label": "a", "rate": 10}),
        (Document, {"title": "a", "link": "https://example.org/"}),
        (FundObjective, {"title": "a"}),
        (FundBudget, {"label": "a", "amount": 1}),
    ],
)
def test_rows_stand_in_their_order_then_as_they_were_made(model, fields):
    call = CallFactory()
    owner = {"call": call} if hasattr(model, "call") else {"fund": call.fund}
    last, first, second = (model.objects.create(order=order, **owner, **fields) for order in (2, 1, 1))
    assert list(model.objects.all()) == [first, second, last]
    assert str(first) == "a"


def test_a_budget_line_without_label_is_called_by_its_amount_or_rate():
    assert str(Budget(amount=Decimal("1320069.53"), rate=Decimal(75))) == "€ 1.320.069,53"
    assert str(Budget(amount=Decimal(0))) == "€ 0"
    assert str(Budget(rate=Decimal("12.5"))) == "12.5%"


def test_a_cutoff_without_label_is_called_by_its_belgian_hour():
    assert str(Cutoff(at=datetime(2027, 7, 1, 10, tzinfo=UTC))) == "01/07/2027 12:00"
    assert str(Cutoff(at=datetime(2027, 3, 1, 11, tzinfo=UTC), label="fase 1")) == "fase 1"


@time_machine.travel(brussels(2027, 1, 15, 12), tick=False)
def test_the_next_date_is_the_first_that_is_still_to_come():
    call = CallFactory(deadline=DEADLINE)
    for at in (brussels(2027, 2, 1, 17), brussels(2027, 1, 15, 12), brussels(2027, 1, 20, 17)):
        Cutoff.objects.create(call=call, at=at)
    assert call.next_date == brussels(2027, 1, 20, 17)
    with time_machine.travel(brussels(2027, 1, 20, 17), tick=False):
        assert call.next_date == brussels(2027, 2, 1, 17)
    with time_machine.travel(brussels(2027, 2, 1, 17), tick=False):
        assert call.next_date == DEADLINE
    with time_machine.travel(DEADLINE, tick=False):
        assert call.next_date is None
    assert CallFactory(deadline=None, deadline_model=DeadlineModel.ROLLING).next_date is None
