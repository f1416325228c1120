"""The blocks of a call's page, in the order of the old site; a block with nothing in it is left out."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Section:
    anchor: str
    title: str
    template: str
    parts: tuple[str, ...]  # the attributes of a call that fill it

    def is_filled(self, call):
        return any(filled(getattr(call, part)) for part in self.parts)


def filled(part):
    """Whether a text, a related row or a set of related rows holds anything."""
    return part.all() if hasattr(part, "all") else part


def section(anchor, title, name, *parts):
    return Section(anchor, title, f"calls/sections/{name}.html", parts)


SECTIONS = [
    section("inleiding", gettext_lazy("Introduction"), "introduction", "introduction"),
    section(
        "doelstellingen",
        gettext_lazy("Objectives"),
        "objectives",
        "objectives_before",
        "objectives",
        "objectives_after",
    ),
    section("acties", gettext_lazy("Actions"), "actions", "actions_before", "actions", "actions_after"),
    section("budget", gettext_lazy("Budget"), "budget", "budget_text", "budgets"),
    section(
        "begunstigden",
        gettext_lazy("Beneficiaries"),
        "beneficiaries",
        "beneficiaries",
        "target_group",
        "final_beneficiaries",
    ),
    section("info", gettext_lazy("Info and contact"), "info", "info_contact"),
    section("bijlagen", gettext_lazy("Attachments"), "documents", "documents"),
    section("wijzigingen", gettext_lazy("Changes"), "changes", "changes"),
    section("vleva-contact", gettext_lazy("Your VLEVA contact for this theme"), "vleva_contact", "themes"),
]


def sections_of(call):
    """The filled sections of a call; the last one is about its fund and carries the fund's name."""
    found = [section for section in SECTIONS if section.is_filled(call)]
    return [*found, section("fonds", call.fund.name, "fund", "fund")] if call.fund else found
