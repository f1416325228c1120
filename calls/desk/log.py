"""Who did what at the desk, to read and to search: what Django's admin wrote down, and every other edit of a call.

An edit outside the forms (in bulk, from the inbox, a restore) is written down by `versioned`.
"""

from django.contrib import admin
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.desk.versions import ROWS
from calls.models import Call
from portal.admin import ReadOnly, verbose_names


@admin.register(LogEntry)
class LogAdmin(ReadOnly):
    """Nobody adds, changes or deletes a line; each sees those about what they may see."""

    change_list_template = "admin/logs.html"
    list_display = ["when", "who", "sentence", "link"]
    list_display_links = None
    list_filter = [("user", admin.RelatedOnlyFieldListFilter), "action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    list_per_page = 100
    date_hierarchy = "action_time"
    ordering = ["-action_time", "-pk"]
    search_fields = ["object_repr", "change_message", "user__email", "user__first_name", "user__last_name"]

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": _("Who did what")} | (extra_context or {}))

    def get_queryset(self, request):
        return super().get_queryset(request).filter(content_type__in=self.seen(request))

    def seen(self, request):
        types = ContentType.objects.get_for_models(*(model for model in self.admin_site._registry))
        return [
            kind.pk for model, kind in types.items() if self.admin_site._registry[model].has_view_permission(request)
        ]

    def get_list_filter(self, request):
        """Only kinds that the user may see."""
        return [*self.list_filter[:2], kinds(self.seen(request))]

    def get_search_results(self, request, queryset, search_term):
        """Also by a field in Dutch: Django writes fields down in English."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if names := english(search_term):
            said = Q(*(("change_message__contains", f'"{name}"') for name in names), _connector=Q.OR)
            found = found | queryset.filter(said)
        return found, duplicates

    @admin.display(description=gettext_lazy("When"), ordering="action_time")
    def when(self, entry):
        return entry.action_time

    @admin.display(description=gettext_lazy("Who"), ordering="user__email")
    def who(self, entry):
        return entry.user.get_full_name() or entry.user.email

    @admin.display(description=gettext_lazy("What"))
    def sentence(self, entry):
        kind = capfirst(entry.content_type.name)
        words = {"what": f"{kind} “{entry.object_repr}”", "how": entry.get_change_message()}
        if entry.action_flag == DELETION:
            return _("%(what)s was deleted.") % words
        made = entry.action_flag == ADDITION
        if made and entry.change_message.startswith("["):
            return _("%(what)s was added.") % words
        return (_("%(what)s was added: %(how)s") if made else _("%(what)s was changed: %(how)s")) % words

    @admin.display(description=gettext_lazy("History"))
    def link(self, entry):
        if entry.action_flag == DELETION or not entry.object_id:
            return "–"
        kind = entry.content_type
        address = reverse(f"admin:{kind.app_label}_{kind.model}_history", args=[entry.object_id])
        return format_html('<a href="{}">{}</a>', address, _("History"))


def kinds(seen):
    class KindFilter(admin.SimpleListFilter):
        title = gettext_lazy("kind")
        parameter_name = "kind"

        def lookups(self, request, model_admin):
            types = ContentType.objects.filter(
                pk__in=LogEntry.objects.filter(content_type__in=seen).values("content_type")
            )
            return sorted(((str(kind.pk), capfirst(kind.name)) for kind in types), key=lambda pair: pair[1])

        def queryset(self, request, queryset):
            known = self.value() in {value for value, _name in self.lookup_choices}
            return queryset.filter(content_type=self.value()) if known else queryset

    return KindFilter


def english(text):
    """What the log calls the fields of a call and its rows that have this text in their Dutch name."""
    names = [name for model in (Call, *ROWS.values()) for name in verbose_names(model)]
    wanted = [name for name in names if len(text) > 2 and text.lower() in str(name).lower()]
    with translation.override(None):
        return {str(name) for name in wanted}
