"""The values of a VLEVA page: amounts in all their notations, and the deadline."""

import re
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
UNITS = {"duizend": 10**3, "miljoen": 10**6, "mln": 10**6, "miljard": 10**9, "mld": 10**9}
OTHER_UNIT = r"(?:k|m|bn|mio|mil\w*|bil\w*)\b"
AMOUNT = re.compile(
    rf"""
    (?: (?P<currency> (?:€|\bEUR)[ ]? ) | (?<![\w.,/]) )
    (?P<number>
        [1-9]\d{{0,2}} (?P<separator>[ .,])\d{{3}} (?:(?P=separator)\d{{3}}){{0,4}}
            (?:(?!(?P=separator))[.,]\d{{1,2}})?
        | 0[.,]\d{{1,15}}
        | (?:0|[1-9]\d{{0,14}}) (?:[.,]\d{{1,2}})?
    ) (?! \d | [.,]\d )
    (?: [ ]?(?P<unit>{"|".join(UNITS)})\b )?
    (?! [ ]?{OTHER_UNIT} )
    (?(currency) | [ ]?(?:(?:€|EUR\b)(?![ ]?\d)|euro\b) )  # in "2021 € 500", the € is not the year's
    """,
    re.VERBOSE | re.IGNORECASE,
)
# What is left when the amounts are taken out (¤ for one that starts with €, | for one that ends with it) and yet holds
# digits next to a currency, or next to an amount they may belong to: "1.320.53 euro", "€ 5 million", "32 70 000 euro".
UNREAD = re.compile(
    rf"(?:€|\bEUR|\beuro|¤) ?\d|\d ?\||\d[\d.,]* ?(?:(?:{'|'.join(UNITS)}|{OTHER_UNIT}) ?)?(?:€|EUR\b|euro\b)",
    re.IGNORECASE,
)
OF_ONE = re.compile(r"\s*(?:maximaal |maximum |max\. ?)?per (?:project|voorstel|aanvraag|aanvrager|partner)\b", re.I)
JOINER = re.compile(r"\s*(?:tot|of|-|–)\s*", re.I)
MONTHS = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)
DEADLINE = re.compile(
    rf"(?P<day>\d{{1,2}})(?:/(?P<month>\d{{1,2}})/| (?P<name>{'|'.join(MONTHS)}) )(?P<year>\d{{4}})"
    r"(?: om (?P<hour>\d{1,2})(?:u|:(?=\d))(?P<minute>\d{2})?)?",
    re.IGNORECASE,
)


def parse_amounts(text: str) -> list[Decimal]:
    """The amounts in a text, in euro and cents, in reading order.

    An amount is a number with its own € or EUR, or with euro, € or EUR behind it: a year, an article number or a
    percentage has none. One separator with three digits behind it marks thousands ("€ 3,430"), except a comma before
    miljoen or miljard: "3,137 miljard euro" is Dutch for 3 137 000 000.
    """
    return [amount(match) for match in AMOUNT.finditer(" ".join(text.split()))]


def parse_totals(text: str) -> list[Decimal]:
    """The amounts of a text without those of one project: “van € 1.000 tot € 2.000 per project” names no total."""
    text = " ".join(text.split())
    totals, until, of_one = [], len(text), False
    for match in reversed(list(AMOUNT.finditer(text))):
        behind = text[match.end() : until]
        of_one = bool(OF_ONE.match(behind)) or (of_one and bool(JOINER.fullmatch(behind)))
        totals += [] if of_one else [amount(match)]
        until = match.start()
    return totals[::-1]


def amount(match: re.Match) -> Decimal:
    number, unit = match["number"], (match["unit"] or "").lower()
    is_fraction = unit and re.fullmatch(r"\d+,\d+", number)
    if match["separator"] and not is_fraction:
        number = number.replace(match["separator"], "")
    euro = Decimal(number.replace(",", ".")) * UNITS.get(unit, 1)
    return euro.quantize(Decimal("0.01"))


def has_unread_amount(text: str) -> bool:
    """Whether parse_amounts leaves digits that stand next to a currency or an amount."""
    left = AMOUNT.sub(lambda match: "¤" if match["currency"] else "|", " ".join(text.split()))
    return UNREAD.search(left) is not None


def parse_deadline(text: str) -> datetime:
    """An aware Brussels time; a date without an hour lasts until 23:59. Raises ValueError for anything else."""
    found = DEADLINE.fullmatch(text)
    if not found:
        raise ValueError(text)
    month = found["month"] or MONTHS.index(found["name"].lower()) + 1
    hour, minute = (found["hour"], found["minute"] or 0) if found["hour"] else (23, 59)
    return datetime(int(found["year"]), int(month), int(found["day"]), int(hour), int(minute), tzinfo=BRUSSELS)
