"""The nightly round along the links, and where the editors read what came of it."""

from collections import Counter, defaultdict
from itertools import zip_longest
from urllib.parse import urlsplit

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from calls.desk.checks import dead_text, refresh_all
from calls.desk.links import waiting, write_answer
from calls.models import Problem
from portal.admin import ReadOnly


def check_links(users, visitor, advance=lambda: None, most=None):
    """Looks at the links that wait; `users` are those of `collect`. Gives a Counter of `seen`, `dead` and `changed`.

    The calls of a link that died or came to life are checked anew at once.
    """
    counts = Counter()
    for link in in_turns(waiting(most)):
        if waiting().contains(link):  # no other round was here meanwhile
            changed = write_answer(link, *visitor.visit(link.url))
            counts.update(seen=1, dead=int(link.dead_since is not None), changed=int(bool(changed)))
            if changed:
                refresh_all(users[link.url])
        advance()
    return counts


def in_turns(links):
    """One of each host after the other, so that the pause for a host is spent on the others."""
    by_host = defaultdict(list)
    for link in links:
        by_host[urlsplit(link.url).hostname].append(link)
    return [link for turn in zip_longest(*by_host.values()) for link in turn if link is not None]


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("failing", _("without an answer, not dead yet")),
            ("fine", _("works")),
            ("new", _("not looked at yet")),
        ]

    def choices(self, changelist):
        """The dead ones are what somebody comes for."""
        first, *others = super().choices(changelist)
        return [first | {"display": _("dead")}, *others]

    def queryset(self, request, queryset):
        seen = queryset.filter(dead_since=None).exclude(checked_at=None)
        match self.value():
            case "failing":
                return seen.filter(failures__gt=0)
            case "fine":
                return seen.filter(failures=0)
            case "new":
                return queryset.filter(checked_at=None)
        return queryset.dead()


class LinkList(ChangeList):
    def get_results(self, request):
        """Each link of the page with the calls that name it, as the checks of those calls say: one query for all."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        texts = {dead_text(link.url): link for link in self.result_list}
        problems = Problem.objects.filter(code="dead_link", text__in=texts).select_related("call")
        calls = grouped(problems.only("text", "call__code", "call__title").order_by("call_id", "pk"))
        for text, link in texts.items():
            link.calls = calls[text]


def grouped(problems):
    """{text: calls}"""
    calls = defaultdict(list)
    for problem in problems:
        calls[problem.text].append(problem.call)
    return calls


class LinkAdmin(ReadOnly):
    """To look at: only the nightly round writes here, and an address is put right in its call."""

    list_display = ["address", "status", "trouble", "dead_since", "checked_at", "named_by"]
    list_display_links = None
    list_filter = [StateFilter]
    list_per_page = 50
    search_fields = ["url"]

    def get_changelist(self, request, **kwargs):
        return LinkList

    @admin.display(description=_("address"), ordering="url")
    def address(self, link):
        return format_html('<a href="{0}" rel="noreferrer external">{0}</a>', link.url)

    @admin.display(description=_("calls"))
    def named_by(self, link):
        links = ((reverse("admin:calls_call_change", args=[call.pk]), call.code or call.title) for call in link.calls)
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "–"
