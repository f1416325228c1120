"""Amounts in the notations of the pages, and what only looks like one."""

from decimal import Decimal

import pytest

from calls.page_values import has_unread_amount
from calls.pages import parse_amounts


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("€ 3,430,000", [3_430_000]),
        ("32 700 000 euro", [32_700_000]),
        ("1.320.069,53 euro", [Decimal("1320069.53")]),
        ("3 137 miljoen euro", [3_137_000_000]),
        ("€ 1.500.000,00", [1_500_000]),
        ("€ 1,320,069.53", [Decimal("1320069.53")]),
        ("1,5 miljoen euro", [1_500_000]),
        ("€ 1,5 miljoen", [1_500_000]),
        ("9,88 miljard EUR", [9_880_000_000]),
        ("EUR 60 000", [60_000]),
        ("EUR60.000", [60_000]),
        ("€25.000,-", [25_000]),
        ("32\u00a0700\u202f000\u00a0euro", [32_700_000]),
        ("500 euro's", [500]),
        ("500 €", [500]),
        ("250 duizend euro", [250_000]),
        ("12,5 euro", [Decimal("12.50")]),
    ],
)
def test_notations(text, amounts):
    assert parse_amounts(text) == amounts
    assert not has_unread_amount(text)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("€ 3,430", [3_430]),
        ("€ 3.430", [3_430]),
        ("3.137 miljoen euro", [3_137_000_000]),
        # In Dutch this comma can only be a decimal one: thousands of milliards are not meant.
        ("3,137 miljard euro", [3_137_000_000]),
        ("0,500 miljoen euro", [500_000]),
        ("€ 3,43", [Decimal("3.43")]),
    ],
)
def test_one_separator(text, amounts):
    assert parse_amounts(text) == amounts


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("in 2021 € 3 430 000 en in 2022 EUR 500", [3_430_000, 500]),
        ("minstens 12 500 euro, hoogstens € 7.250,50 (75%)", [12_500, Decimal("7250.50")]),
        ("Verordening 516/2014, artikel 7, punt 5: 150.000 inwoners in 2014-2020, 75% van de kost", []),
        ("met deadline 16 februari komt het totaalbedrag op 32 700 000 euro.", [32_700_000]),
        ("", []),
    ],
)
def test_amounts_in_a_text(text, amounts):
    assert parse_amounts(text) == amounts
    assert not has_unread_amount(text)


@pytest.mark.parametrize(
    "text",
    [
        "€ 1.2.3",
        "1.320.53 euro",
        "€ 3,4300",
        "€ 5 million",
        "5 mio euro",
        "€ 500k",
        "euro 500.000",
        "32 70 000 euro",
        "€ 10 000 00",
        "000 euro",
    ],
)
def test_amounts_that_cannot_be_read(text):
    assert has_unread_amount(text)


def test_amounts_are_in_cents():
    assert [str(amount) for amount in parse_amounts("€ 3 en 1,5 miljoen euro")] == ["3.00", "1500000.00"]
