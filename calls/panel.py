"""What the list shows of a CallFilter: options with counts, chosen ones as chips, ways out where nothing fits."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.filters import CRITERIA
from calls.selection import Selection, Sort, StatusChoice
from portal.templatetags.portal import euro

GROUPS = ("status", "thema", "organisatie", "fonds", "deadline", "geopend")
ANY = gettext_lazy("Any time")


@dataclass(frozen=True)
class Option:
    id: str
    value: str
    label: str
    count: int | None
    chosen: bool
    below: bool = False  # a theme under a main theme


@dataclass(frozen=True)
class Group:
    """One filter: its options, and whether several may be chosen."""

    name: str
    label: str
    options: list[Option]
    several: bool

    @property
    def is_used(self):
        return any(option.chosen and option.value for option in self.options)


@dataclass(frozen=True)
class Chip:
    """A chosen value, and the state of the list without it; `total` says how many calls that gives."""

    label: str
    value: str
    state: str
    total: int | None = None


def groups(finder):
    themes = finder.columns.themes
    found = []
    for name in GROUPS:
        field, counts, chosen = finder.form.fields[name], finder.counts[name], finder.chosen.get(name, "")
        several = name in ("thema", "organisatie", "fonds")
        options = [
            Option(
                id=f"{name}-{value or 'alles'}",
                value=str(value),
                label=label,
                count=counts.get(value),
                chosen=value in chosen if several else str(value) == chosen,
                below=name == "thema" and bool(themes[value].parent),
            )
            for value, label in field.choices
        ]
        found.append(Group(name, field.label, options, several))
    return found


def chips(finder):
    """Everything that is chosen, the order aside; each with the state that is left without it."""
    fields, found = finder.form.fields, []
    for name, value in finder.chosen.items():
        if name in ("sorteer", "weergave"):
            continue
        for one in value if isinstance(value, list) else [value]:
            rest = [other for other in value if other != one] if isinstance(value, list) else ""
            names = {str(key): text for key, text in getattr(fields[name], "choices", [])}
            text = names.get(str(one)) or (euro(Decimal(one)) if name.startswith("budget") else f"“{one}”")
            found.append(Chip(fields[name].label, text, finder.state_with(**{name: rest})))
    return found


def sorts(finder):
    """(name, state, whether it is in use) of every order that makes sense here."""
    used = finder.selection.sort
    return [
        (sort.label, finder.state_with(sorteer=sort.value), sort == used)
        for sort in Sort
        if sort != Sort.FIT or finder.search
    ]


def ways_out(finder):
    """Where nothing was found: each single filter that would give calls when dropped, and how many."""
    selection, found = finder.selection, []
    if finder.search:
        total = Selection(finder.columns, finder.criteria).total
        found.append(Chip(_("Search for"), finder.chosen["q"], finder.state_with(q="", sorteer=""), total))
    for criterion in selection.masks:
        names = [name for name, other in CRITERIA.items() if other.startswith(criterion) and name in finder.chosen]
        label = ", ".join(str(finder.form.fields[name].label) for name in names or ["status"])
        changes = dict.fromkeys(names, "") | ({"status": StatusChoice.ALL} if criterion == "status" else {})
        found.append(Chip(label, "", finder.state_with(**changes), selection.total_without(criterion)))
    return [way for way in found if way.total]
