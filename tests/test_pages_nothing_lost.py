"""Every line of a page comes out, once and in the field where it belongs: checked without the parser's own cutting."""

import re
from html import unescape
from itertools import groupby
from pathlib import Path

import pytest

from calls.page_fund import APPLICANT_TYPES
from calls.page_lines import CALL_HEADINGS, FUND_HEADINGS
from calls.pages import parse_page

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("fixtures/pages/*.txt"), *ROOT.glob("tests/data/pages/*.txt")])


def squeeze(*texts):
    """Only the letters and digits: what survives the way from page to field."""
    text = unescape(re.sub(r"<[^>]+>", "", "".join(texts)))
    return re.sub(r"[\W_]", "", text.replace("https://", ""))


def lines_by_section(text, fund):
    """The lines of the page by half and heading; the banner is left out, the applicant types have no heading."""
    sections, half, heading = {}, "call", "top"
    for line in filter(None, map(str.strip, text.splitlines()[1:])):
        if fund and line == fund.name:
            half, heading = "fund", "name"
        if line.removesuffix(":") in CALL_HEADINGS + FUND_HEADINGS:
            heading = line.removesuffix(":")
        else:
            is_type = half == "fund" and line.strip("• ") in APPLICANT_TYPES
            sections.setdefault((half, "types" if is_type else heading), []).append(line)
    return sections


def rows_text(rows):
    """Each group is named once, above its items."""
    groups = [(group, [item.text for item in items]) for group, items in groupby(rows.items, lambda item: item.group)]
    return "".join([rows.before, *(text for group, items in groups for text in (group, *items)), rows.after])


def call_by_section(page, text):
    objectives, actions = rows_text(page.objectives), rows_text(page.actions)
    has_heading = "\nActies\n" in text
    return {
        "top": "".join([*(["Home", *page.breadcrumb, "Calls"] if "\nHome >" in text else []), page.title]),
        "Code": page.code,
        "Inleiding": page.introduction,
        "Doelstellingen": objectives if has_heading else objectives + actions,
        "Acties": actions if has_heading else "",
        "Budget": page.budget,
        "Begunstigden": page.beneficiaries,
        "Doelgroep": page.target_group,
        "Eindbegunstigden": page.final_beneficiaries,
        "Info & contact": page.info_contact,
        "Bijlage(n)": "".join(page.documents),
    }


def fund_by_section(fund):
    return {
        "name": fund.name,
        "Inleiding": fund.introduction + fund.notice,
        "Doelstellingen": "".join(f"{part.order}{part.title}{part.text}" for part in fund.objectives),
        "Budget": fund.budget + "".join(part.source_text + part.label for part in fund.budgets),
        "types": "".join(fund.applicant_types),
        "Thema('s)": "".join(fund.themes),
        "Meer lezen": "".join(fund.read_more),
    }


def contact_lines(fund):
    """What the contacts hold, each role once; sorted, for the lines of a contact come in any order."""
    roles = [role for role, _ in groupby(contact.role for contact in fund.contacts)]
    values = [(c.organisation, c.name, c.email, c.phone, c.website) for c in fund.contacts]
    return sorted(squeeze(text) for text in [*roles, *(text for value in values for text in value)] if text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_lost(path):
    text = path.read_text(encoding="utf-8")
    page = parse_page(text)
    found = {("call", heading): value for heading, value in call_by_section(page, text).items()}
    if page.fund:
        found |= {("fund", heading): value for heading, value in fund_by_section(page.fund).items()}

    lines = lines_by_section(text, page.fund)
    lines.pop(("call", "Deadline"), None)  # a moment, no text: see test_pages_format.py
    lines.pop(("fund", "Info & contact"), None)
    assert {key: squeeze(value) for key, value in found.items() if value} == {
        key: squeeze(*value) for key, value in lines.items()
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_contact_line_is_lost(path):
    text = path.read_text(encoding="utf-8")
    fund = parse_page(text).fund
    lines = lines_by_section(text, fund).get(("fund", "Info & contact"), [])
    assert sorted(squeeze(line.removeprefix("T ")) for line in lines) == (contact_lines(fund) if fund else [])
