"""What the list shows of a CallFilter: options with counts, chosen ones as chips, ways out where nothing fits."""

from decimal import Decimal
from typing import NamedTuple

from django.utils.formats import localize
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from calls.filters import CRITERIA
from calls.selection import Selection, Sort, StatusChoice
from portal.templatetags.portal import euro

GROUPS = ("status", "thema", "organisatie", "fonds", "deadline", "geopend")
SEVERAL, ALWAYS_OPEN = ("thema", "organisatie", "fonds"), 3  # the first three


class Option(NamedTuple):
    id: str
    value: str
    label: str
    total: int | None
    chosen: bool
    below: bool  # a theme under a main theme


class Group(NamedTuple):
    """One filter: its options, whether several may be chosen, and whether they are in sight."""

    name: str
    label: str
    options: list[Option]
    several: bool
    is_open: bool


class Chip(NamedTuple):
    """A chosen value, and the state of the list without it; `total` says how many calls that gives."""

    label: str
    value: str
    state: str
    total: int | None = None


def total_text(finder):
    total = finder.selection.total
    return ngettext("%(total)s call", "%(total)s calls", total) % {"total": localize(total)}


def texts(finder, number, theme):
    """The title, heading and description of a page of the list."""
    title, heading = _("EU funding calls: what is open and what opens soon"), pgettext("menu", "Calls")
    description = _(
        "Search all EU funding calls for Flemish organisations "
        "by theme, fund, type of organisation, deadline and budget."
    )
    if theme:
        title = heading = _("Calls for %(theme)s") % {"theme": theme}
        description = _("EU funding calls for %(theme)s: what is open, until when and for whom.") % {"theme": theme}
    if words := finder.chosen.get("q"):
        title = _("Calls with “%(words)s”") % {"words": Truncator(words).chars(40)}
    if number > 1:
        page = _("page %(number)s") % {"number": localize(number)}
        title += f" ({page})"
    return {"title": title, "heading": heading, "description": description}


def groups(finder):
    return [group(finder, name, is_open=place < ALWAYS_OPEN) for place, name in enumerate(GROUPS)]


def group(finder, name, is_open):
    field, counts, chosen = finder.fields[name], finder.counts[name], finder.chosen.get(name, "")
    themes, several = finder.columns.themes if name == "thema" else {}, name in SEVERAL
    options = [
        Option(
            f"{name}-{value or 'alles'}",
            str(value),
            label,
            counts.get(value),
            value in chosen if several else str(value) == chosen,
            value in themes and bool(themes[value].parent),
        )
        for value, label in field.choices
    ]
    return Group(name, field.label, options, several, is_open or bool(chosen))


def chips(finder):
    """Everything that is chosen, the order aside; each with the state that is left without it."""
    fields, found = finder.fields, []
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
        label = ", ".join(str(finder.fields[name].label) for name in names or ["status"])
        changes = dict.fromkeys(names, "") | ({"status": StatusChoice.ALL} if criterion == "status" else {})
        found.append(Chip(label, "", finder.state_with(**changes), selection.total_without(criterion)))
    return [way for way in found if way.total]
