"""The cards of lists, which are read without models, say what the calls say."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from calls.cards import card_of, cards, cards_in_lists
from calls.columns import current_columns
from calls.models import Call
from tests.factories import CallFactory, FundFactory, ThemeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def calls():
    now, fund = timezone.now(), FundFactory(abbreviation="AMIF", period="2021-2027")
    main = ThemeFactory(name="Samenleving")
    themes = [ThemeFactory(name="zorg", parent=main), ThemeFactory(name="Migratie"), main]
    calls = [
        CallFactory(title="Taal", fund=fund, deadline=now + timedelta(days=40), title_language="en", code="AMIF-1"),
        CallFactory(title="Gesloten", fund=None, deadline=now - timedelta(days=1)),
        CallFactory(title="Binnenkort", fund=fund, opens_at=now + timedelta(days=1), deadline=now + timedelta(days=9)),
        CallFactory(title="Altijd", deadline=None, deadline_model="rolling"),
        CallFactory(title="Onbekend", deadline=None, deadline_model="unknown"),
    ]
    calls[0].themes.set(themes)
    calls[2].themes.set(themes[:1])
    for order, (label, amount, shared) in enumerate(
        [("Tweede", 2, False), ("Eerste", 1_000_000, True), ("", None, False)]
    ):
        calls[0].budgets.create(order=order, label=label, amount=amount, rate=75, shared=shared)
    for days in (-2, 3, 8):
        calls[0].cutoffs.create(at=now + timedelta(days=days))
    return calls


def test_a_card_says_what_the_call_says(calls, django_assert_num_queries):
    pks = [call.pk for call in reversed(calls)]
    columns = current_columns()
    with django_assert_num_queries(1):
        found = cards(columns, pks)
    rows = Call.objects.for_list().in_order(pks)
    assert found == [card_of(row, timezone.now()) for row in rows]
    for card, row in zip(found, rows, strict=True):
        same = ("status", "next_date", "deadline", "opens_at", "deadline_model", "title", "title_language", "code")
        assert [getattr(card, name) for name in same] == [getattr(row, name) for name in same]
        assert (card.get_absolute_url(), card.fund) == (row.get_absolute_url(), str(row.fund or ""))
        addresses = [(str(theme), theme.get_absolute_url()) for theme in row.themes.all()]
        assert [(theme.name, theme.get_absolute_url()) for theme in card.themes] == addresses
    assert [amount.label for amount in found[-1].amounts] == ["Tweede", "Eerste"]
    assert [theme.name for theme in found[-1].themes] == ["Migratie", "Samenleving", "zorg"]


def test_only_published_calls_have_cards(calls, django_assert_num_queries):
    Call.objects.filter(pk=calls[0].pk).update(published_at=None)
    Call.objects.filter(pk=calls[1].pk).update(withdrawn_at=timezone.now())
    pks, columns = [call.pk for call in calls], current_columns()
    assert [card.title for card in cards(columns, pks)] == ["Binnenkort", "Altijd", "Onbekend"]
    with django_assert_num_queries(1):
        assert cards(columns, pks[:2]) == []
    lists = cards_in_lists(columns, first=pks[:3], again=pks[2:], none=[])
    assert {name: len(found) for name, found in lists.items()} == {"first": 1, "again": 3, "none": 0}


def test_a_card_comes_with_its_publication(calls):
    """The SQL is written once, and asked at other moments."""
    tomorrow = timezone.now() + timedelta(days=1)
    Call.objects.filter(pk=calls[0].pk).update(published_at=tomorrow)
    columns, pks = current_columns(), [calls[0].pk, calls[3].pk]
    for now, titles in ((tomorrow - timedelta(seconds=1), ["Altijd"]), (tomorrow, ["Taal", "Altijd"])) * 2:
        with time_machine.travel(now, tick=False):
            assert [card.title for card in cards(columns, pks)] == titles


def test_cents_are_kept(calls):
    calls[0].budgets.update(amount=Decimal("1320069.53"))
    amounts = cards(current_columns(), [calls[0].pk])[0].amounts
    assert {amount.amount for amount in amounts} == {Decimal("1320069.53")}


def test_a_call_that_the_columns_do_not_know_yet_has_no_card(calls):
    columns = current_columns()
    other = CallFactory(title="Nieuw")
    assert [card.title for card in cards(columns, [other.pk, calls[0].pk])] == ["Taal"]


def test_a_card_is_safe_from_what_editors_type(client, calls):
    nasty = "<script>alert(1)</script>\"'"
    Call.objects.filter(pk=calls[0].pk).update(title=nasty, code=nasty)
    calls[0].budgets.update(label=nasty)
    calls[0].themes.filter(name="zorg").update(name=nasty)
    page = client.get("/oproepen/").text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 5
