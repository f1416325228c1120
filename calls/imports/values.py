"""The values of the EU portal's records in our words: text, moments, amounts, and JSON that a database can keep."""

import html
import json
import math
import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from portal.dates import EARLIEST, LATEST

BRUSSELS = ZoneInfo("Europe/Brussels")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MIDNIGHT = time(0)
# What stands on every portal page but not in the data of a topic: submission ends at this hour, Brussels time.
USUAL_HOUR = time(17)
MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
MONTHS = {name: number for number, name in enumerate(MONTH_NAMES, 1)}
WORDED = re.compile(r"(\d{1,2}) ([a-z]{3})[a-z]* (\d{4})|([a-z]{3})[a-z]* (\d{1,2}), (\d{4})\b.*", re.I | re.A)
MILLISECONDS = re.compile(r"-?\d{9,}(?:\.0)?", re.A)
NUMBER = re.compile(r"\d{1,30}(?:\.\d{1,30})?", re.A)
HIGHEST = Decimal(10) ** 13  # one more than calls.Budget.amount can hold
DEEPEST = 50
LONGEST = 500_000  # signs in one text; the longest real ones have some 30,000

# UTF-8 that was once read as cp1252 (Ã©, â€œ, Â°, and the byte order mark ï»¿) or as cp437 (├®, ÔÇÖ).
MOJIBAKE = re.compile("Ã[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0192\u2013-\u2122]|â€|â‚¬|Â[\u00a0-\u00bf]|ï»¿|├|ÔÇ")
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
LITERAL_BREAK = re.compile(r"(?:\\r)?\\n")
INLINE_TAG = re.compile(r"</?(?:a|b|br|div|em|font|i|mark|p|span|strong|sub|sup|u)\b[^<>]*>", re.I)
SURROGATE = re.compile("[\ud800-\udfff]")


class Unreadable(ValueError):
    """A value that makes no sense; the text, for an editor, says why."""


def storable(value, depth=0):
    """The same JSON value without what PostgreSQL's jsonb refuses: NUL, half a surrogate pair, NaN."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | dict) and depth >= DEEPEST:
        raise Unreadable(_("The record is nested too deep."))
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {storable_text(str(name)): storable(item, depth + 1) for name, item in value.items()}
    return value


def storable_text(text):
    return text if text.isascii() and "\0" not in text else SURROGATE.sub("\ufffd", text.replace("\0", ""))


def embedded(value):
    """The JSON that the portal puts inside a string; None where there is none that can be read."""
    if not isinstance(value, str):
        return value
    try:
        return storable(json.loads(value))
    except (ValueError, RecursionError):
        return None


def listed(value):
    """What the portal gives now as a list, now as one value; without what is empty."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if one not in (None, "", [], {})]


def first(metadata, name):
    """The first value of a field of the search API, as one line of text."""
    return next((plain(value) for value in listed(metadata.get(name))), "")


def overview_of(metadata):
    return next((embedded(value) for value in listed(metadata.get("budgetOverview"))), None)


def tidy(text):
    """Without invisible signs and literal “\\n”; text that was spoiled by a wrong encoding is refused."""
    spoiled = None if text.isascii() else MOJIBAKE.search(text)
    if spoiled:
        raise Unreadable(_("Text in a wrong encoding: “%(text)s”.") % {"text": text[spoiled.start() :][:20]})
    if len(text) > LONGEST:
        raise Unreadable(_("A text of %(number)s characters is too long.") % {"number": len(text)})
    text = LITERAL_BREAK.sub(" ", text) if "\\n" in text else text
    return INVISIBLE.sub("", text).replace("\N{NO-BREAK SPACE}", " ")


def plain(value):
    """One line of text, from text that may hold entities and a little markup. Empty for what is not text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = tidy(str(value)[: LONGEST + 1])
    text = INLINE_TAG.sub(" ", text) if "<" in text else text
    return " ".join((tidy(storable_text(html.unescape(text))) if "&" in text else text).split())


def cut(text, length):
    """At most `length` signs, cut between two words where there are any."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    at = head.rfind(" ")
    return (head[:at] if at > length // 2 else head).rstrip(" ,;:–-") + "…"


def moment(value):
    """The instant of any of the portal's notations as Brussels time; a date alone is its midnight there.

    Known notations: 2023-05-11T02:00:00.000+0200, 2025-10-02, 1737414000000 (milliseconds, number or string),
    "06 November 2024" and "Nov 6, 2024 5:00:00 PM" (whose hour is left out). Raises Unreadable.
    """
    try:
        at = parsed(value)
        if EARLIEST < at < LATEST:
            return at.astimezone(BRUSSELS)
    except (ValueError, OverflowError):
        pass
    raise Unreadable(_("“%(value)s” is not a date.") % {"value": cut(str(value)[:100], 40)})


def parsed(value):
    text = " ".join(str(value)[:100].split())
    if MILLISECONDS.fullmatch(text):
        return EPOCH + timedelta(milliseconds=float(text))
    worded = WORDED.fullmatch(text)
    if worded:
        day, month, year = worded.group(1, 2, 3) if worded[1] else worded.group(5, 4, 6)
        return datetime(int(year), MONTHS.get(month.lower(), 0), int(day), tzinfo=BRUSSELS)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=BRUSSELS)


def has_hour(at):
    """Midnight in Brussels or in UTC is how the portal writes a date without an hour."""
    return at.time() != MIDNIGHT and at.astimezone(UTC).time() != MIDNIGHT


def opening(value, timed):
    at = moment(value)
    return at if timed and has_hour(at) else datetime.combine(at.date(), MIDNIGHT, BRUSSELS)


def closing(value, timed):
    """The end of submission: the hour is only in the data of calls with real times, else it is the usual one."""
    at = moment(value)
    return at if timed and has_hour(at) else datetime.combine(at.date(), USUAL_HOUR, BRUSSELS)


def amount_of(value):
    """A Decimal of euros from a number or a string of digits. Raises Unreadable, also for less than nothing."""
    text = str(value)[:100]
    if isinstance(value, bool) or not NUMBER.fullmatch(text) or Decimal(text) >= HIGHEST:
        raise Unreadable(_("“%(value)s” is not an amount.") % {"value": cut(text, 40)})
    return Decimal(text).quantize(Decimal("0.01"))
