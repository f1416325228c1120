"""The second half of a VLEVA page: the fund that pays for the call."""

import re
from dataclasses import dataclass
from decimal import Decimal

from calls.page_lines import (
    FUND_HEADINGS,
    NAVIGATION,
    TYPES_HEADING,
    Line,
    PageError,
    cut_at_headings,
    heading_of,
    refuse_text,
    split_before,
    to_html,
)
from calls.page_values import parse_amounts

APPLICANT_TYPES = (
    "Internationale organisaties",
    "kmo's",
    "Koepelorganisaties",
    "Lokale overheden",
    "Ngo's",
    "Non-profit organisaties",
    "Onderzoeksinstellingen",
    "Private ondernemingen",
    "Publieke ondernemingen",
    "Regionale of bovenlokale overheden",
    "Scholen",
    "Universiteiten/hogescholen",
)
NOTICE = "Er is nog geen akkoord"
NUMBERED = re.compile(r"(\d{1,2})\. ?(\D.*)")
ROLE = re.compile(r"autoriteit(en)?\b", re.IGNORECASE)
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
PHONE = re.compile(r"(?:T|Tel\.?)?[ :]*(\+?[\d(][\d ./()-]{5,})", re.IGNORECASE)
LINK = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:[/?#]\S*)?", re.IGNORECASE)


@dataclass(frozen=True)
class FundObjective:
    order: int
    title: str
    text: str


@dataclass(frozen=True)
class FundBudget:
    """A part of the fund's budget: the amount in euro, the words it was read from, and what it is for."""

    amount: Decimal
    source_text: str
    label: str


@dataclass(frozen=True)
class FundContact:
    role: str
    organisation: str
    name: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""


@dataclass(frozen=True)
class FundBlock:
    """``introduction`` and ``budget`` are HTML, ``notice`` is plain text, ``read_more`` holds links."""

    name: str
    introduction: str
    notice: str
    objectives: tuple[FundObjective, ...]
    budget: str
    budgets: tuple[FundBudget, ...]
    applicant_types: tuple[str, ...]
    themes: tuple[str, ...]
    contacts: tuple[FundContact, ...]
    read_more: tuple[str, ...]


def read_fund(lines: list[Line]) -> FundBlock:
    name, *rest = lines
    if name.depth or heading_of(name):
        raise PageError(name.number, "de naam van het fonds ontbreekt")
    parts = cut_at_headings(mark_applicant_types(rest), FUND_HEADINGS)
    for heading in ("", *NAVIGATION):
        refuse_text(parts[heading])
    return FundBlock(
        name=name.text,
        introduction=to_html([line for line in parts["Inleiding"] if not is_notice(line)]),
        notice=" ".join(line.text for line in parts["Inleiding"] if is_notice(line)),
        objectives=read_objectives(parts["Doelstellingen"]),
        budget=to_html([line for line in parts["Budget"] if not line.depth]),
        budgets=tuple(read_budget(line) for line in parts["Budget"] if line.depth),
        applicant_types=tuple(read_applicant_type(line) for line in parts[TYPES_HEADING]),
        themes=tuple(line.text for line in parts["Thema('s)"]),
        contacts=tuple(read_contacts(parts["Info & contact"])),
        read_more=tuple(read_link(line) for line in parts["Meer lezen"]),
    )


def is_notice(line: Line) -> bool:
    return not line.depth and line.text.startswith(NOTICE)


def mark_applicant_types(lines: list[Line]) -> list[Line]:
    """Put a heading above a list that names an applicant type; below that heading each line must be one."""
    marked: list[Line] = []
    heading = ""
    for piece in split_before(lines, lambda line: line.after_blank or not line.depth):
        heading = heading_of(piece[0]) or heading
        if heading != TYPES_HEADING and any(line.depth and line.text in APPLICANT_TYPES for line in piece):
            heading = TYPES_HEADING
            first = next(index for index, line in enumerate(piece) if line.depth)
            piece.insert(first, Line(piece[first].number, heading))
        marked += piece
    return marked


def read_applicant_type(line: Line) -> str:
    if not line.depth:
        refuse_text([line])
    if line.text not in APPLICANT_TYPES:
        raise PageError(line.number, f"onbekend type organisatie: {line.text}")
    return line.text


def read_objectives(lines: list[Line]) -> tuple[FundObjective, ...]:
    pieces = split_before(lines, lambda line: not line.depth and NUMBERED.fullmatch(line.text))
    return tuple(read_objective(order, piece) for order, piece in enumerate(pieces, start=1))


def read_objective(order: int, lines: list[Line]) -> FundObjective:
    head, *text = lines
    numbered = NUMBERED.fullmatch(head.text)
    if head.depth or not numbered or int(numbered[1]) != order:
        raise PageError(head.number, f"hier wordt doelstelling {order} van het fonds verwacht: {head.text}")
    return FundObjective(order, numbered[2], to_html(text))


def read_budget(line: Line) -> FundBudget:
    source, _, label = line.text.partition(":")
    amounts = parse_amounts(source)
    if len(amounts) != 1 or line.depth > 1:
        raise PageError(line.number, f"hier wordt één bedrag en zijn omschrijving verwacht: {line.text}")
    return FundBudget(amounts[0], source.strip(), label.strip())


def read_link(line: Line) -> str:
    if not LINK.fullmatch(line.text):
        raise PageError(line.number, f"dit is geen link: {line.text}")
    return as_link(line.text)


def as_link(text: str) -> str:
    return text if "://" in text else f"https://{text}"


def is_role(line: Line) -> bool:
    """Roles and organisations look alike; on the pages every role, and no organisation, is named an authority."""
    return ROLE.search(line.text) is not None


def read_contacts(lines: list[Line]) -> list[FundContact]:
    """A role holds for all contacts until the next role; a blank line separates contacts."""
    contacts = []
    for piece in split_before(lines, is_role):
        role = piece.pop(0) if is_role(piece[0]) else None
        if role and not piece:
            raise PageError(role.number, f"bij deze rol staat geen contact: {role.text}")
        title = role.text.removesuffix(":") if role else ""
        contacts += [read_contact(title, block) for block in split_before(piece, lambda line: line.after_blank)]
    return contacts


def read_contact(role: str, block: list[Line]) -> FundContact:
    first, *rest = block
    if first.depth or first.text.endswith(":") or recognise(first.text)[0] != "name":
        raise PageError(first.number, f"dit contact begint niet met een organisatie: {first.text}")
    found: dict[str, str] = {}
    for line in rest:
        field, value = recognise(line.text)
        # A name stands directly below its organisation and has no digits; anything else would be a guess.
        misplaced = field == "name" and (found or re.search(r"[\d:/]", value))
        if line.depth or not field or field in found or misplaced:
            raise PageError(line.number, f"deze regel past niet in het contact: {line.text}")
        found[field] = value
    return FundContact(role, first.text, **found)


def recognise(text: str) -> tuple[str, str]:
    """Which field of a contact this line is, by its shape, and its value; plain words are a name."""
    if EMAIL.fullmatch(text):
        return "email", text
    if phone := PHONE.fullmatch(text):
        return "phone", phone[1]
    if LINK.fullmatch(text):
        return "website", as_link(text)
    return ("", text) if "@" in text else ("name", text)
