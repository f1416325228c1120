"""From the pages of the old site and the file of facts to fixture rows with natural keys."""

import json
from decimal import Decimal

from calls.models import Call, family_of
from calls.pages import PageError, parse_page
from calls.status import DeadlineModel
from portal.models import address_slug


class FixtureError(ValueError):
    """Says which page or fact does not fit, and why."""


def build_fixtures(pages, facts):
    """The rows of each fixture: {"contacts": [...], "funds": [...], "calls": [...]}.

    `pages` maps a page's name to its text, `facts` is the content of facts.toml. FixtureError names what does not fit.
    """
    if missing := sorted({"themes", "fund", "calls"} - facts.keys()):
        raise FixtureError(f"facts.toml: [{missing[0]}] ontbreekt")
    if unknown := sorted(facts["calls"].keys() - pages.keys()):
        raise FixtureError(f"facts.toml: er is geen pagina {', '.join(unknown)}")
    parsed = {name: parse(name, text) for name, text in sorted(pages.items())}
    refuse_same_title(parsed)
    fund = merge_funds({name: page.fund for name, page in parsed.items() if page.fund})
    refuse_unknown_slugs(facts, fund)
    return {
        "contacts": list(contact_rows(fund)),
        "funds": [*theme_rows(facts["themes"]), *applicant_type_rows(fund), *fund_rows(fund, facts)],
        "calls": [row for name, page in parsed.items() for row in call_rows(name, page, facts)],
    }


def as_json(rows):
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def parse(name, text):
    try:
        return parse_page(text)
    except PageError as error:
        raise FixtureError(f"{name}, {error}") from error


def refuse_same_title(pages):
    """The address is made of the title, and a fixture row is known by its address."""
    names = {}
    for name, page in pages.items():
        first = names.setdefault(address_slug(page.title), name)
        if first != name:
            raise FixtureError(f"{name}: er is al een pagina met dezelfde titel ({first})")


def merge_funds(blocks):
    """The one fund that all blocks show: each part from the pages that have it, which must agree.

    Returns {part: value}, the parts as in FundBlock.
    """
    if not blocks:
        raise FixtureError("geen enkele pagina toont het fonds")
    merged = {}
    for name, block in blocks.items():
        for part, value in vars(block).items():
            known = merged.get(part) or value
            if value and value != known:
                raise FixtureError(f"{name}: het blok over het fonds zegt iets anders dan een vorige pagina ({part})")
            merged[part] = known
    return merged


def refuse_unknown_slugs(facts, fund):
    """A call's themes and types must be among those of these fixtures."""
    types = [address_slug(name) for name in fund["applicant_types"]]
    known = {"themes": theme_names(facts["themes"]), "applicant_types": types}
    for name, own in facts["calls"].items():
        for part, slugs in known.items():
            if unknown := [slug for slug in own.get(part, []) if slug not in slugs]:
                raise FixtureError(f"{name}: facts.toml noemt bij {part} iets dat niet bestaat: {unknown[0]}")


def row(model, **fields):
    return {"model": model, "fields": fields}


def contact_rows(fund):
    for contact in fund["contacts"]:
        fields = {part: value for part, value in vars(contact).items() if part != "role"}
        yield row("contacts.contact", kind="authority", **fields)


def theme_rows(themes):
    for slug, theme in themes.items():
        yield row("funds.theme", name=theme["name"], slug=slug, parent=None)
        for child, name in theme.get("children", {}).items():
            yield row("funds.theme", name=name, slug=child, parent=[slug])


def applicant_type_rows(fund):
    for name in fund["applicant_types"]:
        yield row("funds.applicanttype", name=name, slug=address_slug(name))


def fund_rows(fund, facts):
    own = facts["fund"]
    if fund["name"] != own["name"]:
        raise FixtureError(f"facts.toml: het fonds heet op de pagina's {fund['name']}")
    key = [own["slug"]]
    yield row(
        "funds.fund",
        **own,
        introduction=fund["introduction"],
        notice=fund["notice"],
        budget_text=fund["budget"] + budget_list(fund["budgets"]),
        read_more=next(iter(fund["read_more"]), ""),
        themes=[[slug_of_theme(name, facts["themes"])] for name in fund["themes"]],
        applicant_types=[[address_slug(name)] for name in fund["applicant_types"]],
    )
    for objective in fund["objectives"]:
        yield row("funds.fundobjective", fund=key, **vars(objective))
    for order, budget in enumerate(fund["budgets"], 1):
        yield row("funds.fundbudget", fund=key, order=order, label=budget.label, amount=str(budget.amount))
    for order, contact in enumerate(fund["contacts"], 1):
        whom = [contact.organisation, contact.name]
        yield row("funds.fundcontact", fund=key, order=order, role=contact.role, contact=whom)


def budget_list(budgets):
    """The budget lines in the words of the source; the drawing is made from their amounts."""
    lines = [f"<li>{budget.source_text}: {budget.label}</li>" for budget in budgets]
    return f"<ul>{''.join(lines)}</ul>" if lines else ""


def theme_names(themes):
    """{slug: name} of both levels."""
    children = [theme.get("children", {}) for theme in themes.values()]
    return {slug: theme["name"] for slug, theme in themes.items()} | {
        slug: name for names in children for slug, name in names.items()
    }


def slug_of_theme(name, themes):
    slugs = {known: slug for slug, known in theme_names(themes).items()}
    if name not in slugs:
        raise FixtureError(f"facts.toml kent het thema {name} niet")
    return slugs[name]


def call_rows(name, page, facts):
    own = facts["calls"].get(name, {})
    key = [address_slug(page.title)]
    yield row("calls.call", **call_fields(name, page, own, facts))
    for order, objective in enumerate(page.objectives.items, 1):
        yield row("calls.objective", call=key, order=order, text=objective.text)
    for order, action in enumerate(page.actions.items, 1):
        yield row("calls.action", call=key, order=order, group=action.group, text=action.text)
    for order, budget in enumerate(budgets(name, page, own), 1):
        yield row("calls.budget", call=key, order=order, **budget)


def call_fields(name, page, own, facts):
    deadline = page.deadline or own.get("deadline")
    published_at = moment(name, own.get("published_at"))
    return {
        "title": page.title,
        "title_language": own.get("title_language", Call.Language.NL),
        "slug": address_slug(page.title),
        "code": code(name, page, own),
        "family": family_of(code(name, page, own)),
        "fund": [facts["fund"]["slug"]] if page.fund else None,
        "themes": [[slug] for slug in own.get("themes", [])],
        "applicant_types": [[slug] for slug in own.get("applicant_types", [])],
        "introduction": page.introduction,
        "objectives_before": page.objectives.before,
        "objectives_after": page.objectives.after,
        "actions_before": page.actions.before,
        "actions_after": page.actions.after,
        "budget_text": page.budget,
        "beneficiaries": page.beneficiaries,
        "target_group": page.target_group,
        "final_beneficiaries": page.final_beneficiaries,
        "info_contact": page.info_contact,
        "opens_at": moment(name, own.get("opens_at")),
        "deadline": moment(name, deadline),
        "deadline_model": DeadlineModel.SINGLE_STAGE if deadline else DeadlineModel.UNKNOWN,
        "source_url": own.get("source_url", ""),
        "published_at": published_at,
        # A fixture must say these; the moment of loading would make two loads differ.
        "created_at": published_at or moment(name, deadline),
        "updated_at": published_at or moment(name, deadline),
    }


def moment(name, at):
    if at is None:
        return None
    if not getattr(at, "tzinfo", None):
        raise FixtureError(f"{name}: {at} in facts.toml heeft geen tijdzone")
    return at.isoformat()


def code(name, page, own):
    """The code from the page or the facts; where both say one, they must agree."""
    codes = {said for said in (page.code, own.get("code")) if said}
    if len(codes) > 1:
        raise FixtureError(f"{name}: de pagina en facts.toml geven elk een andere code")
    return codes.pop() if codes else ""


def budgets(name, page, own):
    """The budget lines from the facts, whose amounts must stand on the page; without facts each amount of the page."""
    for budget in own.get("budgets", []):
        if "amount" in budget and Decimal(budget["amount"]) not in page.amounts:
            raise FixtureError(f"{name}: het bedrag {budget['amount']} uit facts.toml staat niet op de pagina")
    return own.get("budgets") or [{"amount": str(amount)} for amount in page.amounts]
