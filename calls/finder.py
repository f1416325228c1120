"""The list of calls: search, filters, order, pages, as cards or as a timeline; the same page with and without htmx."""

from collections.abc import Sequence
from functools import partial

from django.core.paginator import Paginator
from django.http import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from calls import panel
from calls.cards import card_of, cards
from calls.filters import CallFilter
from calls.models import Call
from calls.search.marking import Marker
from calls.search.spelling import respelled
from calls.selection import Criteria, Selection, StatusChoice
from calls.timeline import Timeline
from portal.limits import limited

PER_PAGE = 20


class Rows(Sequence):
    """The calls of a selection, read a page at a time by `read`, which takes primary keys."""

    def __init__(self, selection, read):
        self.selection, self.read = selection, read

    def __len__(self):
        return self.selection.total

    def __getitem__(self, part):
        return self.read(self.selection.pks(part.start, part.stop))


@require_safe
@limited("search")
def call_list(request):
    """What the address says and nobody understands is named on the page and passed over."""
    in_place = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    context = found(request.GET)
    response = render(request, "calls/found.html" if in_place else "calls/list.html", context, using="jinja2")
    patch_vary_headers(response, ["HX-Request"])
    if in_place:
        # The answer depends on the page that asks; a cache must not give it to another.
        response["Cache-Control"] = "no-store"
        address = f"{request.path}?{context['state']}".rstrip("?")
        response["HX-Replace-Url" if only_typed(request, context["finder"]) else "HX-Push-Url"] = address
    return response


def found(data):
    """Everything that the list shows for a query string."""
    finder = CallFilter(data)
    view = finder.chosen.get("weergave", "")
    page = Paginator(Rows(finder.selection, reader_for(finder, view)), PER_PAGE).get_page(data.get("pagina"))
    calls = list(page)
    marker = Marker(finder.search) if finder.search else None
    for call in calls if marker else []:
        call.marked_title, call.snippet = marker.mark(call.title), marker.snippet(call)
    if marker and not view:
        now = timezone.now()
        calls = [card_of(call, now) for call in calls]
    return {
        "finder": finder,
        "page_obj": page,
        "calls": calls,
        "page_range": page.paginator.get_elided_page_range(page.number),
        "total_text": panel.total_text(finder),
        **panel.texts(finder, page.number, only_theme(finder)),
        "state": finder.state,
        "address": address(finder, page),
        "list_state": finder.state_with(weergave=""),
        "timeline_state": finder.state_with(weergave="tijdlijn"),
        "view": view,
        "timeline": Timeline(calls) if view and calls else None,
        "groups": panel.groups(finder),
        "chips": panel.chips(finder),
        "sorts": panel.sorts(finder),
        "theme": only_theme(finder),
        "ignored": ignored(finder, page),
        "no_amounts": no_amounts(finder),
        **(nothing_found(finder) if not finder.selection.total else {}),
    }


def address(finder, page):
    """The one address of what is shown, whatever the order and the look, for search engines."""
    number = {"pagina": page.number} if page.number > 1 else {}
    return f"{reverse('calls')}?{finder.state_with(sorteer='', weergave='', **number)}".rstrip("?")


def reader_for(finder, view):
    """Cards; a search also reads the texts, to show where its words stand, and a timeline the dates."""
    if finder.search:
        return Call.objects.published().for_results().in_order
    return Call.objects.published().for_list().in_order if view else partial(cards, finder.columns)


def only_theme(finder):
    """The theme, where it is the one thing chosen: the list is then its page of calls."""
    chosen = finder.chosen.get("thema", [])
    return finder.columns.themes[chosen[0]] if len(chosen) == 1 else None


def ignored(finder, page):
    """What of the address had no meaning, as readable text; what is no amount was typed, and `no_amounts` tells."""
    typed = {f"{name}={text}" for name, text in misread(finder)}
    return [part for part in finder.ignored if part != f"pagina={page.number}" and part not in typed]


def no_amounts(finder):
    """(label, text) of each field for an amount that holds something else."""
    return [(finder.fields[name].label, text) for name, text in misread(finder)]


def misread(finder):
    amounts = {name: finder.data.get(name, "") for name in ("budget_van", "budget_tot") if name not in finder.chosen}
    return [(name, text) for name, text in amounts.items() if text.strip()]


def nothing_found(finder):
    """Ways on from an empty list: another spelling with its calls, a filter less, what closed last."""
    spelling = respelled(finder.search) if finder.search else None
    context = {"ways_out": panel.ways_out(finder)}
    for changes in ({}, {"status": "alle"}) if spelling else ():
        state = finder.state_with(q=spelling, **changes)
        other = CallFilter(QueryDict(state), finder.columns)
        if other.selection.total:
            meant = cards(finder.columns, other.selection.pks(0, 5))
            context |= {"spelling": spelling, "spelled": other.selection.total, "spelled_state": state, "meant": meant}
            break
    if not finder.chosen:
        closed = Selection(finder.columns, Criteria(StatusChoice.CLOSED))
        context["closed"] = cards(finder.columns, closed.pks(0, 5))
    return context


def only_typed(request, finder):
    """Whether the address the visitor sees differs in the words alone: typing fills no history."""
    shown = CallFilter(QueryDict(request.headers.get("HX-Current-URL", "").partition("?")[2]), finder.columns)
    return shown.state_with(q="") == finder.state_with(q="") and "q" in finder.chosen and "q" in shown.chosen
