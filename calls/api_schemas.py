"""What the API takes and gives. Names are those of the code; amounts are decimal strings, moments Belgian time."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from django.utils.timezone import localtime
from ninja import Field, Schema
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from calls.changes import FACTS
from calls.plain import plain
from calls.selection import PERIODS, Sort, StatusChoice
from calls.status import DeadlineModel, Status

PERIOD_VALUES = ["", *map(str, PERIODS)]


def one_of(values, description):
    """A parameter with known values. `CallFilter` alone judges them, so here they are only told."""
    return Field("", description=description, json_schema_extra={"enum": [str(value) for value in values]})


class CallQuery(Schema):
    """The parameters of the page /oproepen/, and which part of the answer is wanted."""

    q: str = Field("", description="Words to search for, as on the page: “a phrase”, -without, one OR other.")
    status: str = one_of(
        ["", *StatusChoice.values],
        "open, binnenkort (upcoming), gesloten (closed), onbekend (deadline unknown) or alle (all); "
        "without it the open and the upcoming calls.",
    )
    thema: list[str] = Field([], description="Slug of a theme (see /themes); more than one: calls of any of them.")
    fonds: list[str] = Field([], description="Slug of a fund (see /funds); more than one: calls of any of them.")
    organisatie: list[str] = Field(
        [], description="Slug of a type of organisation that may apply (who_may_apply of a call); any of them."
    )
    deadline: str = one_of(PERIOD_VALUES, "Open calls whose final deadline is at most so many days away.")
    geopend: str = one_of(PERIOD_VALUES, "Calls that opened at most so many days ago.")
    budget_van: str = Field("", description="Calls with an amount of at least so many whole euro: 500000 or 500.000.")
    budget_tot: str = Field("", description="Calls with an amount of at most so many whole euro.")
    sorteer: str = one_of(
        ["", *Sort.values],
        "relevantie (best match; the default with q), deadline (next date first; the default without q), "
        "nieuwste (newest) or budget (largest first).",
    )
    limit: int = Field(50, ge=1, le=100, description="How many calls at most.")
    offset: int = Field(0, ge=0, le=10_000_000, description="How many calls to pass over.")


# Values --------------------------------------------------------------------------------------------------------------


def address(obj, context):
    """The absolute address of the thing's page."""
    return context["request"].build_absolute_uri(obj.get_absolute_url())


class RichText(Schema):
    html: str = Field(description="Paragraphs, headings, lists, links and tables, as the page shows them.")
    text: str = Field(description="The same words as lines without markup.")


Text = Annotated[RichText, BeforeValidator(lambda html: {"html": html, "text": plain(html)})]
Moment = Annotated[
    datetime,
    PlainSerializer(lambda at: localtime(at).isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-02-16T17:00:00+01:00"]}),
]
Number = Annotated[
    Decimal,
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\.\d{2}$", "examples": ["1320069.53"]}),
]


class Page(Schema):
    """Something with a page of its own."""

    slug: str
    url: str = Field(description="The page for people.", json_schema_extra={"format": "uri"})

    @staticmethod
    def resolve_url(obj, context):
        return address(obj, context)


class OrganisationType(Schema):
    slug: str
    name: str


# Themes and funds ----------------------------------------------------------------------------------------------------


class ThemeSummary(Page):
    name: str


class ThemeCount(ThemeSummary):
    open_calls: int = Field(description="Calls open now; for a main theme those of the themes below it included.")


class ThemeTree(ThemeCount):
    children: list[ThemeCount]


class FundSummary(Page):
    name: str
    abbreviation: str
    period: str = Field(examples=["2021-2027"])


class FundCount(FundSummary):
    open_calls: int
    themes: list[ThemeSummary]


class ThemeDetail(ThemeTree):
    parent: ThemeSummary | None = Field(description="The main theme above it.")
    funds: list[FundSummary]


class FundObjective(Schema):
    title: str
    text: Text


class FundBudget(Schema):
    label: str
    amount: Number = Field(description="Euro.")


class Authority(Schema):
    role: str = Field(description="What it does for this fund.")
    organisation: str = Field(alias="contact.organisation")
    name: str = Field(alias="contact.name")
    email: str = Field(alias="contact.email")
    phone: str = Field(alias="contact.phone")
    website: str = Field(alias="contact.website")


class FundDetail(FundCount):
    notice: str
    introduction: Text
    budget_text: Text
    read_more: str = Field(description="The European Union's own page; empty when there is none.")
    applicant_types: list[OrganisationType]
    objectives: list[FundObjective]
    budgets: list[FundBudget]
    authorities: list[Authority] = Field(alias="fund_contacts")


# Calls ---------------------------------------------------------------------------------------------------------------


class Objective(Schema):
    text: Text


class Action(Schema):
    group: str = Field(description="The heading above it; empty when it has none.")
    text: Text


class Budget(Schema):
    label: str
    amount: Number | None = Field(description="Euro.")
    rate: Number | None = Field(description="Co-financing rate, in percent.")
    shared: bool = Field(description="One pot for several calls: never add it up with theirs.")
    note: str


class Cutoff(Schema):
    label: str
    at: Moment


class Document(Schema):
    title: str
    url: str = Field(description="The file, or the funder's page of it.")

    @staticmethod
    def resolve_url(obj, context):
        return address(obj, context)


class ChangedFact(Schema):
    fact: str = Field(json_schema_extra={"enum": list(FACTS)})
    before: list[str] = Field(description="In Dutch, as the page said it.")
    after: list[str]


class Change(Schema):
    changed_at: Moment
    facts: list[ChangedFact]

    @staticmethod
    def resolve_facts(obj):
        return [
            {"fact": fact, "before": obj.facts[fact][0], "after": obj.facts[fact][1]}
            for fact in FACTS
            if fact in obj.facts
        ]


class CallSummary(Page):
    title: str
    title_language: str = Field(examples=["nl", "en"])
    code: str
    status: Status
    fund: FundSummary | None
    themes: list[ThemeSummary]
    who_may_apply: list[OrganisationType] = Field(description="Those that the call names, else those of its fund.")
    opens_at: Moment | None
    deadline: Moment | None = Field(description="The final one; null when rolling or unknown.")
    deadline_model: DeadlineModel
    cutoffs: list[Cutoff] = Field(description="Earlier dates than the deadline.")
    next_date: Moment | None = Field(description="The first cut-off or deadline still to come.")
    budgets: list[Budget]
    source_url: str = Field(description="The funder's page; empty when nobody knows it.")
    published_at: Moment
    updated_at: Moment


class CallDetail(CallSummary):
    introduction: Text
    objectives_before: Text
    objectives: list[Objective]
    objectives_after: Text
    actions_before: Text
    actions: list[Action]
    actions_after: Text
    budget_text: Text
    beneficiaries: Text
    target_group: Text
    final_beneficiaries: Text
    info_contact: Text
    documents: list[Document]
    changes: list[Change] = Field(description="What changed since the call was published, the newest first.")


# Answers -------------------------------------------------------------------------------------------------------------


class Problem(Schema):
    detail: str


class BadQuery(Problem):
    parameters: list[str] = Field(description="What had no meaning, as name=value.", examples=[["status=dicht"]])


class CallPage(Schema):
    count: int = Field(description="How many calls fit, this part and the others.")
    next: str | None = Field(description="The address of the next part; null at the end.")
    items: list[CallSummary]


class FundList(Schema):
    count: int
    items: list[FundCount]


class ThemeList(Schema):
    count: int = Field(description="How many main themes.")
    items: list[ThemeTree]
