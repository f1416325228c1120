from functools import cached_property

from django.core.validators import validate_slug
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import DetailView, ListView

from calls.models import Call, Document
from calls.sections import sections_of
from funds.models import Fund, Theme
from portal.models import address_slug

# Newsletters add these to every link; they say nothing about the page.
CAMPAIGN = ("utm_", "fbclid", "gclid", "mc_")


class CallList(ListView):
    """All published calls. What the address says and nobody understands is named on the page and passed over."""

    template_name = "calls/list.html"
    paginate_by = 20

    def get_queryset(self):
        calls = Call.objects.published().newest_deadline_first().for_list()
        return calls.about(self.theme) if self.theme else calls

    def paginate_queryset(self, queryset, page_size):
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.get_page(self.request.GET.get("pagina"))
        return paginator, page, page.object_list, page.has_other_pages()

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["ignored"] = self.ignored(context["page_obj"])
        context["theme"] = self.theme
        context["page_range"] = context["paginator"].get_elided_page_range(context["page_obj"].number)
        context["open_exists"] = self.object_list.open().exists()
        return context

    @cached_property
    def theme(self):
        slug = self.request.GET.get("thema", "")
        return Theme.objects.filter(slug=slug).first() if validate_slug.regex.match(slug) else None

    def ignored(self, page):
        """The parts of the address that had no meaning, as readable text."""
        understood = {"pagina": str(page.number), "thema": self.theme.slug if self.theme else ""}
        return [
            f"{name}={value}"
            for name, value in self.request.GET.items()
            if not name.startswith(CAMPAIGN) and understood.get(name) != value
        ]


class CallPage(DetailView):
    template_name = "calls/call.html"
    context_object_name = "call"

    def get_queryset(self):
        return Call.objects.visible_to(self.request.user).for_page()

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, sections=sections_of(self.object))

    def render_to_response(self, context, **kwargs):
        return keep_draft_private(super().render_to_response(context, **kwargs), self.object)


def keep_draft_private(response, call):
    """No cache and no search engine keeps what only staff may see yet."""
    if not call.is_published:
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def document(request, slug, pk):
    """An attachment as a download; the browser never opens it as a page of ours."""
    calls = Call.objects.visible_to(request.user).filter(slug=slug)
    found = get_object_or_404(Document.objects.filter(call__in=calls).select_related("call").exclude(file=""), pk=pk)
    try:
        response = FileResponse(found.file.open(), as_attachment=True)
    except FileNotFoundError as error:
        raise Http404(_("This attachment is not available any more.")) from error
    return keep_draft_private(response, found.call)


@require_safe
def old_address(request, slug):
    """The address a call had on the old site: the slug of its title, below its theme."""
    return redirect(get_object_or_404(Call.objects.published(), slug=address_slug(slug)), permanent=True)


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
        return super().get_context_data(**kwargs) | current_and_closed(self.object.calls)


class ThemeList(ListView):
    template_name = "themes/list.html"
    queryset = Theme.objects.roots()


class ThemePage(DetailView):
    template_name = "themes/theme.html"
    queryset = Theme.objects.select_related("parent", "contact").prefetch_related("children", "funds")

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | current_and_closed(Call.objects.about(self.object))


def current_and_closed(calls):
    """For a page about some calls: those that run, by their next date, and the ten that closed last."""
    calls = calls.published().for_list()
    return {
        "current": calls.current().next_date_first(),
        "closed": calls.closed().newest_deadline_first()[:10],
    }
