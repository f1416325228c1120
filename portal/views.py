import re
import sys
from contextlib import suppress
from errno import EDQUOT, ENOSPC

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from calls.api import problem
from calls.cards import cards_in_lists
from calls.columns import current_columns
from calls.related import calls_named
from calls.selection import NOT_CLOSED, Criteria, Selection, Sort, StatusChoice
from contacts.models import Contact
from funds.models import Fund, Theme
from portal.readiness import readiness

DISK_FULL = {ENOSPC, EDQUOT}


class Home(TemplateView):
    template_name = "home.html"

    def get_context_data(self, **kwargs):
        columns = current_columns()
        lists = {
            "closing": Selection(columns, Criteria(closes_within=60)).pks(0, 5),
            "new": Selection(columns, Criteria(NOT_CLOSED), sort=Sort.NEWEST).pks(0, 5),
            "closed": Selection(columns, Criteria(StatusChoice.CLOSED)).pks(0, 3),
        }
        return super().get_context_data(
            **kwargs,
            **cards_in_lists(columns, **lists),
            open_exists=Selection(columns, Criteria(StatusChoice.OPEN)).total > 0,
            roots=Theme.objects.roots(),
        )


@require_safe
def icon(request):
    return redirect(static("icon.svg"))


class ContactPage(TemplateView):
    template_name = "contacts.html"

    def get_context_data(self, **kwargs):
        themes = Theme.objects.exclude(contact=None).select_related("contact")
        return super().get_context_data(
            **kwargs,
            funds=Fund.objects.filter(fund_contacts__isnull=False)
            .distinct()
            .prefetch_related("fund_contacts__contact"),
            themes=themes if self.request.user.is_authenticated else themes.none(),
            general=Contact.objects.general(),
        )


class LegalPage(TemplateView):
    """A page that tells whom to write to."""

    # Called by the template: a queryset here would keep what the first reader saw.
    extra_context = {"general": Contact.objects.general, "cookie_prefix": settings.COOKIE_PREFIX}


@never_cache
@require_safe
def health(request):
    """200 while the database answers, else 503; `?live` only says that this process runs."""
    if "live" in request.GET:
        return JsonResponse({"process": "ok"})
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"process": "ok", "database": "unreachable"}, status=503)
    return JsonResponse({"process": "ok", "database": "ok"})


@never_cache
@require_safe
def ready(request):
    """200 while all that the site needs works, else 503; strangers learn no more than which part does not."""
    found = readiness()
    status = 200 if set(found.values()) == {"ok"} else 503
    return JsonResponse(found, status=status, json_dumps_params={"indent": 1})


@requires_csrf_token
def not_found(request, exception):
    """The 404 page; an address that looks like a call's gets the calls whose titles share its words."""
    called = re.search(r"(?:calls?|oproepen)/(.+)", request.path)
    return render(request, "404.html", {"calls": calls_named(called[1], 5) if called else []}, status=404)


def bad_request(request, exception):
    """Without the request: its host name may be what is wrong with it."""
    too_large = isinstance(exception, RequestDataTooBig)
    html = render_to_string("400.html", {"most": 4 * settings.DOCUMENT_MEGABYTES if too_large else None})
    return HttpResponse(html, status=413 if too_large else 400)


def server_error(request):
    """503 where a database does not answer or a disk is full, which passes; else 500. Nothing here asks it again."""
    error = sys.exc_info()[1]
    passes = isinstance(error, (OperationalError, InterfaceError)) or getattr(error, "errno", None) in DISK_FULL
    status = 503 if passes else 500
    read_to_the_end(request)
    if request.path_info.startswith("/api/"):
        response = problem(status, "Not available for a moment; see Retry-After." if passes else "The fault is ours.")
    else:
        response = HttpResponse(render_to_string(f"{status}.html"), status=status)
    if passes:
        response["Retry-After"] = "30"
    return response


def read_to_the_end(request):
    """A browser that still sends a file when the connection closes shows that, and not our page."""
    body = request.META.get("wsgi.input")
    with suppress(Exception):
        while body and body.read(64 * 1024):
            pass


def csrf_failure(request, reason=""):
    read_to_the_end(request)
    return render(request, "403_csrf.html", status=403)
