"""The same number of queries with one row and with three: no page asks once per row."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.following import follow
from accounts.models import CallChoice, SavedSearch
from calls.columns import current_columns
from calls.models import Call, Stamp
from calls.status import DeadlineModel
from tests.factories import ApplicantTypeFactory, CallFactory, ContactFactory, FundFactory, ThemeFactory, UserFactory

pytestmark = pytest.mark.django_db

# page → queries for a visitor, for a logged-in user who follows every theme and saved calls and searches
COUNTS = {
    "/": (4, 8),
    "/oproepen/": (2, 6),
    "/oproepen/oproep-1/": (19, 23),
    "/fondsen/": (2, 4),
    "/fondsen/fonds-1/": (9, 13),
    "/themas/": (2, 5),
    "/themas/thema-1/": (5, 9),
    "/contacten/": (4, 7),
    "/mijn/": (0, 15),
    "/themas/thema-1/volgen/": (1, 4),
    "/oproepen/oproep-1/bewaren/": (1, 4),
    "/oproepen/zoekopdracht-bewaren/?status=open": (1, 4),
    "/bewaard/": (0, 2),
    "/privacy/": (1, 3),
    "/account/login/": (0, 2),
}


def fill(rows):
    """Everything `rows` times: themes with children and contacts, funds with all parts, calls open and closed."""
    themes = [ThemeFactory(name=f"Thema {n}", contact=ContactFactory()) for n in range(1, rows + 1)]
    children = [ThemeFactory(name=f"Deel {n}", parent=themes[0]) for n in range(rows)]
    funds = [fund_with_parts(n, rows, themes) for n in range(1, rows + 1)]
    for n in range(1, rows + 1):
        call_with_parts(f"Oproep {n}", rows, fund=funds[0], themes=themes + children, family="oproep")
        past = timezone.now() - timedelta(days=n)
        call_with_parts(f"Gesloten {n}", rows, fund=funds[0], themes=themes + children, deadline=past)
    return themes + children


def fund_with_parts(n, rows, themes):
    fund = FundFactory(name=f"Fonds {n}", abbreviation="fonds", period=str(n))
    fund.themes.set(themes)
    fund.applicant_types.set([ApplicantTypeFactory() for _ in range(rows)])
    for order in range(rows):
        fund.objectives.create(order=order, title="Doel", text="<p>Tekst</p>")
        fund.budgets.create(order=order, label="Lijn", amount=1000)
        fund.fund_contacts.create(order=order, role="Autoriteit", contact=ContactFactory(kind="authority"))
    return fund


def call_with_parts(title, rows, **fields):
    call = CallFactory(title=title, deadline_model=DeadlineModel.MULTIPLE_CUTOFF, **fields)
    call.applicant_types.set([ApplicantTypeFactory() for _ in range(rows)])
    for order in range(rows):
        call.objectives.create(order=order, text="Doel")
        call.actions.create(order=order, text="Actie", group=f"Groep {order}")
        call.budgets.create(order=order, amount=1000)
        call.cutoffs.create(at=call.deadline - timedelta(days=order + 1))
        call.documents.create(order=order, title="Bijlage", link="https://example.org/")
        call.changes.create(facts={"budgets": [[], ["€ 1.000"]]})


def keep(user, rows):
    """As many calls of every kind, and searches with and without words."""
    calls = Call.objects.order_by("pk")[:rows]
    kinds = CallChoice.Kind.values
    CallChoice.objects.bulk_create(CallChoice(user=user, call=call, kind=kind) for call in calls for kind in kinds)
    for n in range(rows):
        SavedSearch.objects.create(user=user, state=f"budget_van={n}", name="Budget")
        SavedSearch.objects.create(user=user, state=f"q=oproep+{n}", name="Woorden")


def counted(client, path, django_assert_num_queries, number):
    Stamp.now()
    current_columns()
    with django_assert_num_queries(number):
        response = client.get(path)
    assert response.status_code in (200, 302)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("path", COUNTS)
def test_visitor(client, path, rows, django_assert_num_queries):
    fill(rows)
    counted(client, path, django_assert_num_queries, COUNTS[path][0])


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("path", COUNTS)
def test_user(path, rows, django_assert_num_queries):
    themes = fill(rows)
    user = UserFactory()
    follow(user, [theme.pk for theme in themes])
    keep(user, rows)
    client = Client()
    client.force_login(user)
    counted(client, path, django_assert_num_queries, COUNTS[path][1])
