import re

from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from calls.models import Call
from calls.views import current_and_closed
from contacts.models import Contact
from funds.models import Fund, Theme


class Home(TemplateView):
    template_name = "home.html"

    def get_context_data(self, **kwargs):
        lists = current_and_closed(Call.objects.all())
        return super().get_context_data(
            **kwargs,
            open_exists=Call.objects.published().open().exists(),
            closing=lists["current"].closing_within(days=60)[:5],
            new=lists["current"].order_by("-published_at", "-pk")[:5],
            closed=lists["closed"][:3],
            roots=Theme.objects.roots(),
        )


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
    extra_context = {"general": Contact.objects.general}


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


@requires_csrf_token
def not_found(request, exception):
    """The 404 page; an address that looks like a call's gets the calls whose titles share its words."""
    words = re.findall(r"\w{4,}", request.path)[:12] if re.search(r"calls?/|oproepen/", request.path) else []
    calls = Call.objects.published().sharing_words(words).for_list()[:5]
    return render(request, "404.html", {"calls": calls}, status=404)


def csrf_failure(request, reason=""):
    return render(request, "403_csrf.html", status=403)
