"""Deadlines that a Dutch text names: “ten laatste maandag 02/09/2019 om 23u59”, “met deadline 16 februari”.

A date counts where a word about handing in belongs to it: the first date behind that word in the sentence, or the
last one before it where none follows.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, time

from calls.page_values import MONTHS

SHORT_MONTHS = {"jan": 1, "feb": 2, "febr": 2, "mrt": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9}
SHORT_MONTHS |= {"okt": 10, "nov": 11, "dec": 12}
MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS, 1)} | SHORT_MONTHS
NAMES = "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True))
DATE = re.compile(
    rf"""
    (?<![\w/.,-])
    (?:
        (?P<day>\d{{1,2}}) (?P<sign>[/.-]) (?P<month>\d{{1,2}}) (?P=sign) (?P<year>(?:19|20)\d\d)
        | (?P<iso>(?:19|20)\d\d-\d\d-\d\d)
        | (?P<named_day>\d{{1,2}}) (?:e|ste|de)?[ ] (?P<name>{NAMES})\b\.? (?:[ ](?P<named_year>(?:19|20)\d\d))?
    ) (?![\w/-]|[.,]\d)
    (?: ,?[ ] (?:om|tot|vóór|voor)? [ ]? (?P<hour>\d{{1,2}})
        (?: [.:](?=\d\d\b) | [ ]?(?:uur|u(?=\d|\b)) ) (?P<minute>\d\d)? \b )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
HANDING_IN = re.compile(
    r"\bdeadlines?\b|\buiterlijke?\b|\bten laatste\b|\buiterste\b|\b(?:af)?sluit\w*"
    r"|\bindien(?:en|ing|datum|termijn)\b|\bin te dienen\b|\b(?:in|af)gediend\b|\binge(?:zonden|stuurd|leverd)\b"
    r"|(?P<until>\btot(?: en met| uiterlijk)?\b|\bt\.?e\.?m\b)",
    re.IGNORECASE,
)
ABOUT_CALLS = re.compile(
    r"\bindien\w+|\bin te dienen\b|\bingediend\b|\boproep\b|\bcall\b|\b(?:project)?voorstel\w*|\baanvra\w+"
    r"|\binschrij\w+|\bkandid\w+|\bsta(?:at|an) open\b|\bopen tot\b",
    re.IGNORECASE,
)
ABOUT_PROJECTS = re.compile(
    r"\blooptijd\b|\blop(?:en|end)\b|\bloopt\b|\bduurt?\b|\bduren\b|\bperiode\b|\buitgaven\b|\bkosten\b"
)
WEEKDAY = r"(?:(?:maan|dins|woens|donder|vrij|zater|zon)dag )?"
BEGINS = re.compile(
    rf"\b(?:vanaf|sinds|open(?:t|en)?|opening|start|begint)(?: (?:op|is|van|de|oproep|call))* {WEEKDAY}$"
    rf"|(?<!deadline )(?<!datum )\bvan {WEEKDAY}$",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-ZÀ-Ý•])|\n")
AROUND = 300
BEHIND, NEXT, BEFORE = 90, 20, 60  # how far a date may stand behind its word, behind “tot”, and before its word


@dataclass(frozen=True)
class NamedDeadline:
    """A deadline in a text: a day, perhaps without the year, perhaps with the hour; `quote` is what the text says."""

    quote: str
    day: int
    month: int
    year: int | None = None
    hour: time | None = None

    def is_on(self, moment):
        """Whether a moment in Belgian time lies on this day, and at this hour where the text names one."""
        same_year = self.year in (None, moment.year)
        same_hour = self.hour in (None, time(moment.hour, moment.minute))
        return same_year and (moment.month, moment.day) == (self.month, self.day) and same_hour


def deadlines_named(text):
    """The NamedDeadlines of a plain text, in reading order; lines and sentences stand apart."""
    return [found for sentence in SENTENCE.split(text) for found in in_sentence(sentence)]


def in_sentence(sentence):
    dates = [match for match in DATE.finditer(sentence) if is_candidate(match, sentence)]
    starts = [match.start() for match in dates]
    words = HANDING_IN.finditer(sentence) if dates else ()
    chosen = {date_of(word, dates, starts, sentence) for word in words}
    return [named(match, sentence) for match in dates if match in chosen]


def is_candidate(match, sentence):
    """A day that exists, and not one on which something begins."""
    return parts(match) is not None and not BEGINS.search(sentence[max(0, match.start() - BEFORE) : match.start()])


def parts(match):
    """(day, month, year or None); None for the 31st of June."""
    if match["iso"]:
        year, month, day = map(int, match["iso"].split("-"))
    else:
        named_month = match["name"] and MONTH_NUMBERS.get(match["name"].casefold(), 0)
        day, month = int(match["day"] or match["named_day"]), int(match["month"] or named_month)
        year = int(match["year"] or match["named_year"] or 0)
    try:
        date(year or 2000, month, day)  # a leap year
    except ValueError:
        return None
    return day, month, year or None


def date_of(word, dates, starts, sentence):
    """The match of the date that a word belongs to, or None; `starts` says where each date begins."""
    place = bisect_left(starts, word.end())
    if word["until"]:
        near = place < len(dates) and starts[place] - word.end() <= NEXT
        around = sentence[max(0, word.start() - AROUND) : word.end() + AROUND]
        return dates[place] if near and is_about_calls(around) else None
    if place < len(dates) and starts[place] - word.end() <= BEHIND:
        return dates[place]
    return dates[place - 1] if place and word.start() - dates[place - 1].end() <= BEFORE else None


def is_about_calls(sentence):
    """“tot” alone says nothing of handing in: a project may run until a date."""
    return ABOUT_CALLS.search(sentence) and not ABOUT_PROJECTS.search(sentence)


def named(match, sentence):
    day, month, year = parts(match)
    hour, minute = int(match["hour"] or 99), int(match["minute"] or 0)
    # 24.00 uur is on the clock of the next day: the day is what counts.
    clock = time(hour, minute) if hour < 24 and minute < 60 else None
    return NamedDeadline(quoted(match, sentence), day, month, year, clock)


def quoted(match, sentence):
    """The date with the words before it, as far as they make it clear which one it is."""
    begin = max(0, match.start() - 50)
    begin = sentence.find(" ", begin) + 1 if begin else 0
    start = "… " if begin else ""
    return f"{start}{sentence[min(begin, match.start()) : match.end()].strip()}"
