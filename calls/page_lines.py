"""The lines of a VLEVA page: read them, cut them at their headings, write them as HTML."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby, pairwise

from django.utils.html import urlize

VLEVA_CONTACT = ("Jouw VLEVA-contact voor dit thema", "Maak een account aan")
NAVIGATION = ("Lees meer", "Volg ons")
CALL_HEADINGS = (
    "Deadline",
    "Code",
    "Inleiding",
    "Doelstellingen",
    "Acties",
    "Budget",
    "Begunstigden",
    "Doelgroep",
    "Eindbegunstigden",
    "Info & contact",
    "Bijlage(n)",
    *VLEVA_CONTACT,
    *NAVIGATION,
)
# The list of applicant types has no heading on the page: page_fund puts this one above it.
TYPES_HEADING = "(types organisatie)"
FUND_HEADINGS = (
    "Inleiding",
    "Doelstellingen",
    "Budget",
    TYPES_HEADING,
    "Thema('s)",
    "Info & contact",
    "Meer lezen",
    *NAVIGATION,
)
BULLET = re.compile(r"(\s*)•(.*)")


class PageError(ValueError):
    """A page that does not fit the format: the line in the file (from 1) and the reason, in Dutch."""

    def __init__(self, line: int, reason: str):
        super().__init__(line, reason)
        self.line, self.reason = line, reason

    def __str__(self):
        return f"regel {self.line}: {self.reason}"


@dataclass(frozen=True)
class Line:
    """A line with text. A paragraph has depth 0, a bullet 1, a bullet below a bullet 2, and so on."""

    number: int
    text: str
    depth: int = 0
    after_blank: bool = False


def read_lines(text: str) -> list[Line]:
    """The lines that hold text; every run of white space (the pages mix in hard spaces) becomes one space."""
    lines, after_blank = [], True
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")), start=1):
        if raw.strip():
            lines.append(read_line(number, raw, after_blank))
        after_blank = not raw.strip()
    refuse_orphans(lines)
    return lines


def read_line(number: int, raw: str, after_blank: bool) -> Line:
    bullet = BULLET.fullmatch(raw)
    if not bullet:
        return Line(number, " ".join(raw.split()), 0, after_blank)
    indent, text = bullet.groups()
    if not indent or not text.strip():
        raise PageError(number, "een opsommingsteken heeft een spatie voor zich en tekst achter zich")
    return Line(number, " ".join(text.split()), len(indent), after_blank)


def refuse_orphans(lines: list[Line]) -> None:
    """One space more is one level deeper: a bullet never skips the level it would belong to."""
    for above, line in pairwise([Line(0, ""), *lines]):
        if line.depth > above.depth + 1:
            raise PageError(line.number, "dit opsommingsteken springt te ver in: het niveau erboven ontbreekt")


def refuse_text(lines: list[Line]) -> None:
    if lines:
        raise PageError(lines[0].number, f"hier hoort geen tekst: {lines[0].text}")


def only_line(lines: list[Line]) -> Line | None:
    """The one line of a section that holds a single value, or None."""
    refuse_text(lines[1:])
    return lines[0] if lines else None


def heading_of(line: Line) -> str:
    """The heading this line is, or "". Only "Meer lezen" is seen with a colon."""
    text = "Meer lezen" if line.text == "Meer lezen:" else line.text
    return text if not line.depth and text in CALL_HEADINGS + FUND_HEADINGS else ""


def cut_at_headings(lines: list[Line], order: tuple[str, ...]) -> defaultdict[str, list[Line]]:
    """The lines below each heading that is there, and below "" the lines above the first heading."""
    parts: defaultdict[str, list[Line]] = defaultdict(list)
    current = ""
    for line in lines:
        if heading := heading_of(line):
            refuse_misplaced(line.number, heading, current, order, seen=heading in parts)
            current = heading
            parts[current] = []
        else:
            parts[current].append(line)
    return parts


def refuse_misplaced(number: int, heading: str, current: str, order: tuple[str, ...], *, seen: bool) -> None:
    if seen:
        raise PageError(number, f"de kop {heading} staat er een tweede keer")
    if heading not in order:
        raise PageError(number, f"de kop {heading} hoort niet in dit deel van de pagina")
    if current and order.index(heading) < order.index(current):
        raise PageError(number, f"de kop {heading} hoort voor de kop {current}")


def split_before(lines: list[Line], starts: Callable[[Line], object]) -> list[list[Line]]:
    """Cut before every line where a new piece starts; the first line always starts one."""
    pieces: list[list[Line]] = []
    for line in lines:
        if not pieces or starts(line):
            pieces.append([])
        pieces[-1].append(line)
    return pieces


def to_html(lines: list[Line]) -> str:
    """Paragraphs and (nested) lists. A blank line between two bullets does not end their list."""
    runs = [list(run) for _, run in groupby(lines, key=lambda line: line.depth > 0)]
    return "".join(list_html(run) if run[0].depth else paragraphs_html(run) for run in runs)


def paragraphs_html(lines: list[Line]) -> str:
    return "".join(f"<p>{inline_html(line.text)}</p>" for line in lines)


def list_html(bullets: list[Line]) -> str:
    return "<ul>" + "".join(f"<li>{text}</li>" for text in item_texts(bullets)) + "</ul>"


def item_texts(bullets: list[Line]) -> list[str]:
    """The HTML of each bullet of the highest level: its text, then the list of the bullets below it."""
    items = split_before(bullets, lambda line: line.depth == bullets[0].depth)
    return [inline_html(head.text) + (list_html(below) if below else "") for head, *below in items]


def inline_html(text: str) -> str:
    # Quotes need no escape outside attributes (urlize puts none in those): as themselves, a search finds "TCN's".
    return urlize(text, autoescape=True).replace("&#x27;", "'").replace("&quot;", '"')
