"""Nothing of the five source pages is lost: each line can be read on its call, in the block where it belongs."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from calls.models import Call
from calls.pages import parse_page

PAGES = sorted((Path(__file__).parent.parent / "fixtures" / "pages").glob("*.txt"))

# The headings and navigation of the old pages, and the block here that took the place of each.
CALL_BLOCKS = {
    "Inleiding": "inleiding",
    "Doelstellingen": "doelstellingen",
    "Acties": "acties",
    "Budget": "budget",
    "Begunstigden": "begunstigden",
    "Doelgroep": "begunstigden",
    "Eindbegunstigden": "begunstigden",
    "Info & contact": "info",
}
LAYOUT = {
    "Deadline",
    "Code",
    "Bijlage(n)",
    "Jouw VLEVA-contact voor dit thema",
    "Maak een account aan",
    "Thema('s)",
    "Meer lezen:",
    "Lees meer",
    "Volg ons",
    *CALL_BLOCKS,
}
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "rect"}


class Blocks(HTMLParser):
    """The visible text of a page by the id of the section it stands in; all of it under ""."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts = [], {"": ""}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id", "") if tag == "section" else ""))
            self.handle_data(" " if tag not in ("a", "abbr") else "")

    def handle_endtag(self, tag):
        if tag not in VOID:
            self.open.pop()
            self.handle_data(" " if tag not in ("a", "abbr") else "")

    def handle_data(self, data):
        for block in {"", *(block for _, block in self.open)}:
            self.texts[block] = self.texts.get(block, "") + data


def plain(text):
    """Text without what typesetting changes: bullets, runs of space, the space after "1."."""
    text = re.sub(r"^\s*•\s*", "", text)
    text = re.sub(r"^(\d)\.\s*", r"\1. ", text)
    return " ".join(text.split()).removesuffix(":").replace("  ", " ")


def lines_with_their_block(text):
    """Every content line with the block it belongs to on our page."""
    lines = [line for line in text.splitlines() if line.strip()]
    title = next(line for line in lines[1:] if not line.startswith("Home >"))
    block = ""
    in_fund = False
    for line in lines[lines.index(title) :]:
        stripped = line.strip()
        if stripped == "Fonds voor Asiel, Migratie en Integratie":
            in_fund = True
        if stripped in LAYOUT:
            block = "fonds" if in_fund else CALL_BLOCKS.get(stripped, "")
        else:
            yield "fonds" if in_fund else block, stripped


def test_there_are_five_pages():
    assert [path.stem for path in PAGES] == [
        "amif-2017-ag-inte-03",
        "amif-2020-ag-call-02",
        "amif-2020-ag-call-03",
        "amif-2020-ag-call-04",
        "amif-42-integratie",
    ]


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_line_is_on_the_calls_page_in_its_block(client, path):
    text = path.read_text()
    call = Call.objects.get(title=parse_page(text).title)
    blocks = Blocks(client.get(call.get_absolute_url()).content.decode()).texts
    blocks = {name: " ".join(block.split()).replace(" ,", ",") for name, block in blocks.items()}
    lost = [(block, line) for block, line in lines_with_their_block(text) if not is_there(line, block, blocks)]
    assert lost == []


def is_there(line, block, blocks):
    """In its block; only the page of 2017, which has no heading Acties, has its actions below Doelstellingen."""
    also = "acties" if block == "doelstellingen" else block
    return plain(line) in blocks[block] or plain(line) in blocks.get(also, "")


@pytest.mark.usefixtures("five_pages")
def test_the_actions_of_2017_stand_in_three_groups(client):
    call = Call.objects.get(code="AMIF-2017-AG-INTE-03")
    groups = {}
    for action in call.actions.all():
        groups[action.group] = groups.get(action.group, 0) + 1
    assert groups == {
        "Activiteiten voorafgaand aan het vertrek kunnen zijn": 8,
        "Activiteiten na aankomst kunnen zijn": 9,
        "Activiteiten om gastgemeenschappen voor te bereiden op de komst van hervestigde mensen kunnen zijn": 8,
    }
    blocks = Blocks(client.get(call.get_absolute_url()).content.decode()).texts
    assert all(f"{group}:" in blocks["acties"] for group in groups)
    assert call.objectives.count() == 3


@pytest.mark.usefixtures("five_pages")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_fund_block_holds_both_states_of_the_fund(client, path):
    call = Call.objects.get(title=parse_page(path.read_text()).title)
    fund = " ".join(Blocks(client.get(call.get_absolute_url()).content.decode()).texts["fonds"].split())
    both = [
        plain(line) for page in PAGES for block, line in lines_with_their_block(page.read_text()) if block == "fonds"
    ]
    assert [line for line in both if line not in fund] == []
