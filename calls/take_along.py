"""Lists of calls to take along: the views that answer with a calendar or a file."""

from functools import wraps

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from calls import exports
from calls.calendars import calendar_of
from calls.filters import CallFilter
from calls.models import Call
from calls.panel import chips
from calls.selection import Selection, Sort
from calls.views import keep_draft_private
from portal.limits import limited

CALENDAR_LENGTH = 1_000
FEED_LENGTH = 50
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def understood(view):
    """Hands a view the CallFilter of the address, or refuses an address that holds a part without meaning.

    The page passes such a part over and says so. A program reads no notices: it would silently get something else.
    """

    @require_safe
    @limited("files", too_often)
    @wraps(view)
    def checked(request):
        calls = CallFilter(request.GET)
        return refusal(request, calls.meaningless) if calls.meaningless else view(request, calls)

    return checked


def too_often(request):
    message = _("You asked this too often in a short time. Wait a minute and try again.")
    return HttpResponse(f"{message}\n", status=429, content_type="text/plain; charset=utf-8")


def refusal(request, parts):
    shown = ", ".join(Truncator(part).chars(100) for part in parts[:10])
    message = _("We do not understand this part of the address, so you get no calls: %(parts)s") % {"parts": shown}
    where = _("What an address may hold: %(address)s") % {"address": request.build_absolute_uri(reverse("open-data"))}
    return HttpResponse(f"{message}\n{where}\n", status=400, content_type="text/plain; charset=utf-8")


# What a list is called and where it stands ---------------------------------------------------------------------------


def title_of(calls):
    """The name of a filtered list in a reader's own list of feeds and calendars."""
    filters = " · ".join(f"{chip.label}: {chip.value}" for chip in chips(calls))
    title = _("EU funding calls (VLEVA)")
    return Truncator(f"{title} – {filters}").chars(200) if filters else title


def with_state(address, calls):
    """The address with the filters that say which calls: one feed or calendar has one address."""
    return f"{address}?{calls.state_with(sorteer='', weergave='')}".rstrip("?")


def in_order_of(sort, calls):
    """The selection of a CallFilter in this order, whatever order it asks for."""
    found = calls.selection
    return Selection(calls.columns, found.criteria, found.hits, sort)


# Calendars -----------------------------------------------------------------------------------------------------------


@understood
@conditional_page
def calls_ics(request, calls):
    found = in_order_of(Sort.DEADLINE, calls)
    rows = Call.objects.published().for_calendar().in_order(found.pks(0, CALENDAR_LENGTH))
    return calendar_response(
        rows,
        "oproepen",
        request,
        key=with_state("oproepen/", calls),
        name=title_of(calls),
        description=length_of(found.total),
        url=request.build_absolute_uri(with_state(reverse("calls"), calls)),
    )


def length_of(total):
    if total <= CALENDAR_LENGTH:
        return _("All deadlines and cut-offs of this choice of calls.")
    numbers = {"number": intcomma(CALENDAR_LENGTH), "total": intcomma(total)}
    return _("%(number)s of %(total)s calls, those with the next deadlines; choose more filters for all.") % numbers


@require_safe
@conditional_page
def call_ics(request, slug):
    """For whom may see the call's page; a withdrawn call cancels its dates in the calendars that have them."""
    calls = Call.objects.visible_to(request.user) | Call.objects.withdrawn()
    call = get_object_or_404(calls.for_calendar(), slug=slug)
    response = calendar_response(
        [call],
        call.slug,
        request,
        key=f"call-{call.pk}",
        name=call.title,
        description=_("The deadline and cut-offs of this call."),
        url=request.build_absolute_uri(call.get_absolute_url()),
    )
    return keep_draft_private(response, call)


def calendar_response(rows, filename, request, **about):
    """Shown in place where the browser can, so that a phone offers to add the dates."""
    content = calendar_of(rows, absolute=request.build_absolute_uri, **about)
    disposition = f'inline; filename="{filename}.ics"'
    return HttpResponse(
        content, content_type="text/calendar; charset=utf-8", headers={"Content-Disposition": disposition}
    )


# Files ---------------------------------------------------------------------------------------------------------------


@understood
def calls_csv(request, calls):
    return streamed(
        request, "csv", "text/csv; charset=utf-8", exports.as_csv(calls.selection, request.build_absolute_uri)
    )


@understood
def calls_json(request, calls):
    about = {
        "licence": LICENCE,
        "attribution": attribution(request.build_absolute_uri(with_state(reverse("calls"), calls))),
    }
    chunks = exports.as_json(calls.selection, request.build_absolute_uri, about)
    return streamed(request, "json", "application/json", chunks)


def streamed(request, extension, content_type, chunks):
    """Nothing is read for a HEAD request: the chunks are made while they are sent."""
    filename = f'attachment; filename="eu-oproepen-{localdate():%Y-%m-%d}.{extension}"'
    return StreamingHttpResponse(
        () if request.method == "HEAD" else chunks,
        content_type=content_type,
        headers={"Content-Disposition": filename},
    )


def attribution(address):
    return _("Source: VLEVA, %(address)s") % {"address": address}
