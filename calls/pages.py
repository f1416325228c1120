"""Parser for the pages of the old VLEVA site: one call, and below it the fund that pays for it.

A page is text: a banner, perhaps a breadcrumb, the title, then sections below headings in a fixed order, each optional
but "Deadline". ``parse_page`` returns the whole page or raises ``PageError`` with the line and the reason.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from calls.page_fund import FundBlock, FundBudget, FundContact, FundObjective, read_fund
from calls.page_lines import (
    CALL_HEADINGS,
    FUND_HEADINGS,
    NAVIGATION,
    VLEVA_CONTACT,
    Line,
    PageError,
    cut_at_headings,
    heading_of,
    item_texts,
    only_line,
    read_lines,
    refuse_text,
    to_html,
)
from calls.page_values import has_unread_amount, parse_amounts, parse_deadline

__all__ = [
    "FundBlock",
    "FundBudget",
    "FundContact",
    "FundObjective",
    "Item",
    "Page",
    "PageError",
    "Rows",
    "parse_amounts",
    "parse_page",
]

BANNER = "U heeft thema's geselecteerd"
ONLY_IN_FUND = set(FUND_HEADINGS) - set(CALL_HEADINGS)
ACTION_WORDS = re.compile(r"\b(?:activiteiten|acties)\b", re.IGNORECASE)
TWO_LEAD_INS = re.compile(r"(.+:) ([A-ZÀ-Ý][^:]*:)")


@dataclass(frozen=True)
class Item:
    """An objective or action as HTML; ``group`` is the plain-text heading it stands under, if any."""

    text: str
    group: str = ""


@dataclass(frozen=True)
class Rows:
    """Items and the HTML that stands before and after them."""

    before: str
    items: tuple[Item, ...]
    after: str


@dataclass(frozen=True)
class Page:
    """Everything a page says: long texts as HTML, amounts in euro in reading order, the deadline in Brussels time."""

    breadcrumb: tuple[str, ...]
    title: str
    deadline: datetime | None
    code: str
    introduction: str
    objectives: Rows
    actions: Rows
    budget: str
    amounts: tuple[Decimal, ...]
    beneficiaries: str
    target_group: str
    final_beneficiaries: str
    info_contact: str
    documents: tuple[str, ...]
    fund: FundBlock | None


def parse_page(text: str) -> Page:
    """The page; PageError with line and reason when it does not fit the format."""
    breadcrumb, title, lines = read_head(read_lines(text))
    start = fund_start(lines)
    parts = cut_at_headings(lines[:start], CALL_HEADINGS)
    for heading in VLEVA_CONTACT + NAVIGATION:
        refuse_text(parts[heading])
    objectives, actions = objectives_and_actions(parts)
    return Page(
        breadcrumb=breadcrumb,
        title=title,
        deadline=read_deadline(parts["Deadline"]),
        code=code.text if (code := only_line(parts["Code"])) else "",
        introduction=to_html(parts["Inleiding"]),
        objectives=one_list(objectives),
        actions=grouped_lists(actions),
        budget=to_html(parts["Budget"]),
        amounts=read_amounts(parts["Budget"]),
        beneficiaries=to_html(parts["Begunstigden"]),
        target_group=to_html(parts["Doelgroep"]),
        final_beneficiaries=to_html(parts["Eindbegunstigden"]),
        info_contact=to_html(parts["Info & contact"]),
        documents=tuple(line.text for line in parts["Bijlage(n)"]),
        fund=read_fund(lines[start:]) if lines[start:] else None,
    )


def read_head(lines: list[Line]) -> tuple[tuple[str, ...], str, list[Line]]:
    """The breadcrumb, the title, and the lines from the heading Deadline on."""
    if not lines:
        raise PageError(1, "het bestand is leeg")
    banner, *rest = lines
    if not banner.text.startswith(BANNER):
        raise PageError(banner.number, f"de pagina begint niet met de banner „{BANNER}…”")
    breadcrumb = read_breadcrumb(rest.pop(0)) if rest and rest[0].text.startswith("Home >") else ()
    if not rest or rest[0].depth or heading_of(rest[0]):
        raise PageError((rest or lines[-1:])[0].number, "hier wordt de titel van de oproep verwacht")
    title = rest.pop(0)
    if not rest or heading_of(rest[0]) != "Deadline":
        raise PageError((rest or [title])[0].number, "hier wordt de kop Deadline verwacht")
    return breadcrumb, title.text, rest


def read_breadcrumb(line: Line) -> tuple[str, ...]:
    """The themes between Home and Calls."""
    names = [name.strip() for name in line.text.removesuffix(">").split(">")]
    if names[0] != "Home" or names[-1] != "Calls" or "" in names:
        raise PageError(line.number, f"onleesbaar kruimelpad: {line.text}")
    return tuple(names[1:-1])


def fund_start(lines: list[Line]) -> int:
    """The index of the line that names the fund, or of the end. The VLEVA contact stands between call and fund."""
    headings = [heading_of(line) for line in lines]
    contacts = [index for index, heading in enumerate(headings) if heading in VLEVA_CONTACT]
    if not contacts:
        return fund_start_without_contact(lines, headings)
    start = contacts[0] + 1
    start += headings[start : start + 1] == [VLEVA_CONTACT[1]]
    return len(lines) if set(headings[start : start + 1]) & set(NAVIGATION) else start


def fund_start_without_contact(lines: list[Line], headings: list[str]) -> int:
    """Without a VLEVA contact, the fund's name is the line above the first heading that goes back in the order.

    A call with its headings in disorder looks the same, so a heading that only a fund has must follow.
    """
    ranked = [(index, CALL_HEADINGS.index(name)) for index, name in enumerate(headings) if name in CALL_HEADINGS]
    back = next((index for (_, above), (index, rank) in pairwise(ranked) if rank <= above), len(lines))
    name = lines[back - 1]
    is_name = name.after_blank and not name.depth and not headings[back - 1] and name.text[-1] not in ".:;"
    return back - 1 if is_name and ONLY_IN_FUND & set(headings[back:]) else len(lines)


def read_deadline(lines: list[Line]) -> datetime | None:
    line = only_line(lines)
    if not line:
        return None
    try:
        return parse_deadline(line.text)
    except ValueError:
        raise PageError(line.number, f"onleesbare deadline: {line.text}") from None


def read_amounts(lines: list[Line]) -> tuple[Decimal, ...]:
    for line in lines:
        if has_unread_amount(line.text):
            raise PageError(line.number, f"onleesbaar bedrag: {line.text}")
    return tuple(amount for line in lines for amount in parse_amounts(line.text))


def objectives_and_actions(parts: dict[str, list[Line]]) -> tuple[list[Line], list[Line]]:
    """The lines of both. Without a heading Acties, the actions start at a later list that its lead-in calls so."""
    lines = parts["Doelstellingen"]
    if "Acties" in parts:
        return lines, parts["Acties"]
    lead_ins = [index for index, (line, below) in enumerate(pairwise(lines)) if below.depth and not line.depth]
    starts = [index for index in lead_ins if ACTION_WORDS.search(lines[index].text) and has_list(lines[:index])]
    start = starts[0] if starts else len(lines)
    return lines[:start], lines[start:]


def has_list(lines: list[Line]) -> bool:
    return any(line.depth for line in lines)


def cut_at_list(lines: list[Line]) -> tuple[list[Line], list[Line], list[Line]]:
    """The lines before the first list, the list, the lines after it."""
    start = next((index for index, line in enumerate(lines) if line.depth), len(lines))
    end = next((index for index, line in enumerate(lines) if index > start and not line.depth), len(lines))
    return lines[:start], lines[start:end], lines[end:]


def one_list(lines: list[Line]) -> Rows:
    """The bullets of the first list are the items; all else stands before or after them."""
    before, bullets, after = cut_at_list(lines)
    return Rows(to_html(before), tuple(Item(text) for text in item_texts(bullets)), to_html(after))


def grouped_lists(lines: list[Line]) -> Rows:
    """Of several lists, each is a group with its lead-in for a name; one list keeps its lead-in before it.

    All text between two lists is the name of the second one, so that no line is lost or leaves its place.
    """
    first_above, first_bullets, rest = cut_at_list(lines)
    if not has_list(rest):
        return one_list(lines)
    before, name = split_lead_in(first_above)
    items = grouped(name, first_bullets)
    while has_list(rest):
        above, bullets, rest = cut_at_list(rest)
        items += grouped(" ".join(line.text for line in above), bullets)
    return Rows(to_html(before), tuple(items), to_html(rest))


def grouped(name: str, bullets: list[Line]) -> list[Item]:
    return [Item(text, name.removesuffix(":")) for text in item_texts(bullets)]


def split_lead_in(lines: list[Line]) -> tuple[list[Line], str]:
    """The lines above the first of several lists, and the lead-in that names it.

    One line may hold two: "… (deze lijst is niet exhaustief): Activiteiten voorafgaand aan het vertrek kunnen zijn:".
    """
    if not lines or not lines[-1].text.endswith(":"):
        return lines, ""
    *above, last = lines
    if both := TWO_LEAD_INS.fullmatch(last.text):
        return [*above, replace(last, text=both[1])], both[2]
    return above, last.text
