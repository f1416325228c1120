import logging
from urllib.parse import urlencode

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import DetailView, ListView

from calls.cards import cards_in_lists
from calls.changes import change_log
from calls.columns import current_columns
from calls.documents import content_type
from calls.linked_data import linked_data, trail_to
from calls.models import Call, Document
from calls.related import around
from calls.sections import sections_of
from calls.selection import NOT_CLOSED, Criteria, Selection, StatusChoice
from calls.snippets import call_snippet, fund_snippet
from funds.models import Fund, Theme
from portal.models import address_slug

MOST_CURRENT, MOST_CLOSED = 20, 10
logger = logging.getLogger(__name__)


class CallPage(DetailView):
    template_name = "calls/call.html"
    context_object_name = "call"

    def get(self, request, **kwargs):
        try:
            return super().get(request, **kwargs)
        except Http404:
            return withdrawn(request, get_object_or_404(Call.objects.withdrawn().for_line(), slug=kwargs["slug"]))

    def get_queryset(self):
        return Call.objects.visible_to(self.request.user).for_page()

    def get_context_data(self, **kwargs):
        call = self.object
        context = {"sections": sections_of(call), "changes": change_log(call), "snippet": call_snippet(call)}
        context |= around(call)
        return super().get_context_data(**kwargs) | head_of(call, self.request) | context

    def render_to_response(self, context, **kwargs):
        return keep_draft_private(super().render_to_response(context, **kwargs), self.object)


def head_of(row, request):
    """The way to a call, fund or theme, for people and for search engines."""
    trail = trail_to(row)
    return {"trail": trail, "linked_data": linked_data(row, trail, request.build_absolute_uri)}


def withdrawn(request, call):
    """410: gone, and on purpose. Search engines forget the page; people read what it was and where to look now."""
    context = {"call": call, "trail": trail_to(call)} | around(call)
    response = render(request, "calls/withdrawn.html", context, status=410)
    response["X-Robots-Tag"] = "noindex"
    return response


def keep_draft_private(response, call):
    """No cache and no search engine keeps what only staff may see yet."""
    if not call.is_published:
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def document(request, slug, pk):
    """An attachment as a download, of the type we know it by; no browser opens it as a page of ours."""
    calls = Call.objects.visible_to(request.user).filter(slug=slug)
    found = get_object_or_404(Document.objects.filter(call__in=calls).select_related("call").exclude(file=""), pk=pk)
    return keep_draft_private(download(request, found), found.call)


def download(request, found):
    try:
        response = FileResponse(found.file.open(), as_attachment=True, content_type=content_type(found))
    except FileNotFoundError as error:
        raise Http404(_("This attachment is not available any more.")) from error
    except Exception:  # each storage has exceptions of its own
        logger.exception("An attachment could not be read.")
        response = render(request, "503.html", {"call": found.call}, status=503)
        response["Retry-After"] = "120"
        return response
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@require_safe
def old_address(request, slug):
    """The address a call had on the old site: the slug of its title, below its theme."""
    calls = Call.objects.published() | Call.objects.withdrawn()
    return redirect(get_object_or_404(calls, slug=address_slug(slug)), permanent=True)


@require_safe
def old_theme_address(request, slug):
    """The list of calls below a theme of the old site."""
    return redirect(get_object_or_404(Theme, slug=slug), permanent=True)


class FundList(ListView):
    template_name = "funds/list.html"
    queryset = Fund.objects.prefetch_related("themes")


class FundPage(DetailView):
    template_name = "funds/fund.html"
    queryset = Fund.objects.for_page()

    def get_context_data(self, **kwargs):
        about = {"snippet": fund_snippet(self.object)} | head_of(self.object, self.request)
        return super().get_context_data(**kwargs) | about | current_and_closed(fund=[self.object.slug])


class ThemeList(ListView):
    template_name = "themes/list.html"
    queryset = Theme.objects.roots()


class ThemePage(DetailView):
    template_name = "themes/theme.html"
    queryset = Theme.objects.select_related("parent", "contact").prefetch_related("children", "funds")

    def get_context_data(self, **kwargs):
        about = head_of(self.object, self.request)
        return super().get_context_data(**kwargs) | about | current_and_closed(theme=[self.object.slug])


def current_and_closed(**criteria):
    """For a page about some calls: the first that run, by their next date, and the ten that closed last."""
    columns = current_columns()
    current = Selection(columns, Criteria(NOT_CLOSED, **criteria))
    closed = Selection(columns, Criteria(StatusChoice.CLOSED, **criteria))
    lists = {"current": current.pks(0, MOST_CURRENT), "closed": closed.pks(0, MOST_CLOSED)}
    names = {"theme": "thema", "fund": "fonds"}
    address = urlencode({names[name]: slugs for name, slugs in criteria.items()}, doseq=True)
    more = {"current_total": current.total, "all_calls": f"{reverse('calls')}?{address}"}
    return cards_in_lists(columns, **lists) | more
