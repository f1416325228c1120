"""The EU portal at the editors' desk: the inbox, the records, the imports, and the fields of a call that stay ours."""

import json

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from calls.imports import inbox
from calls.imports.fields import choices
from calls.imports.models import ImportRun, Record
from portal.admin import ContentAdmin, ReadOnly

# The form of a call --------------------------------------------------------------------------------------------------


class PortalMixin(admin.ModelAdmin):
    """The form of a call that the portal knows says so, and which fields stay ours."""

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if not (obj and records_of(obj)):
            return fieldsets
        own = "own_fields" if self.has_change_permission(request, obj) else "own_field_names"
        return [*fieldsets, (_("EU portal"), {"fields": ["portal", own]})]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), "portal", "own_field_names"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name != "own_fields":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        words = {"label": capfirst(_("fields that stay ours")), "help_text": db_field.help_text}
        return forms.MultipleChoiceField(choices=choices, required=False, widget=forms.CheckboxSelectMultiple, **words)

    @admin.display(description=_("record of the EU portal"))
    def portal(self, call):
        return format_html_join(" · ", '<a href="{}">{}</a> (<a href="{}">{}</a>)', map(links_of, records_of(call)))

    @admin.display(description=_("fields that stay ours"))
    def own_field_names(self, call):
        names = dict(choices())
        return ", ".join(names[field] for field in call.own_fields if field in names) or "-"


def records_of(call):
    """The portal's records of a call, with how many open proposals each has; asked once a request."""
    if not hasattr(call, "portal_records"):
        asked = Count("proposals", filter=Q(proposals__decision=""))
        call.portal_records = list(call.records.defer("raw").annotate(asked=asked))
    return call.portal_records


def links_of(record):
    number = ngettext("%(n)s open proposal", "%(n)s open proposals", record.asked) % {"n": record.asked}
    inbox = reverse("admin:calls_proposal_changelist")
    about = reverse("admin:calls_record_change", args=[record.pk])
    return about, record.identifier, f"{inbox}?record={record.pk}", number


# What only an import writes ------------------------------------------------------------------------------------------


class ReadOnlyAdmin(ReadOnly, ContentAdmin):
    pass


def call_link(call):
    return (
        format_html('<a href="{}">{}</a>', reverse("admin:calls_call_change", args=[call.pk]), call) if call else "-"
    )


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    list_display = ["identifier", "portal_status", "language", "the_call", "seen_at", "gone_at", "ignored"]
    list_filter = ["status", "language", "ignored", ("gone_at", admin.EmptyFieldListFilter)]
    actions = ["ask_again"]
    search_fields = ["identifier", "call__title"]
    fields = ["identifier", "portal_status", "language", "the_call", "reference", "checksum"]
    fields += [("first_seen_at", "seen_at", "gone_at"), "ignored", "raw_text"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("call").defer("raw", "taken", "declined")

    def has_decide_permission(self, request):
        return request.user.has_perm("calls.change_proposal")

    @admin.action(description=_("Ask again about what is passed over"), permissions=["decide"])
    def ask_again(self, request, queryset):
        if number := inbox.ask_again(queryset, request.user):
            text = ngettext(
                "%(n)s topic counts again. Without a call of ours, the next import makes a draft of it.",
                "%(n)s topics count again. Of those without a call of ours, the next import makes drafts.",
                number,
            )
            self.message_user(request, text % {"n": number}, messages.SUCCESS)
        else:
            self.message_user(request, _("None of these is passed over."), messages.WARNING)

    @admin.display(description=_("status on the portal"), ordering="status")
    def portal_status(self, record):
        return {"forthcoming": _("Upcoming"), "open": _("Open"), "closed": _("Closed")}.get(record.status, "-")

    @admin.display(description=_("call"), ordering="call__title")
    def the_call(self, record):
        return call_link(record.call)

    @admin.display(description=_("raw record"))
    def raw_text(self, record):
        return format_html('<pre class="raw">{}</pre>', json.dumps(record.raw, ensure_ascii=False, indent=1))


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ["source", "began_at", "ended_at", "complete", "numbers", "trouble"]
    list_filter = ["complete"]
    date_hierarchy = "began_at"
    fields = ["source", ("began_at", "ended_at"), "complete", "numbers", "trouble", "broken_table"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("broken")

    @admin.display(description=_("numbers"))
    def numbers(self, run):
        return counted(run.counts) or "-"

    @admin.display(description=_("broken records"))
    def broken_table(self, run):
        if not run.broken:
            return "-"
        rows = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', run.broken)
        return format_html('<table class="broken">{}</table>', rows)


KINDS = {
    "new": _("new"),
    "changed": _("changed"),
    "unchanged": _("unchanged"),
    "gone": _("gone"),
    "broken": _("broken"),
    "passed_over": _("passed over"),
}


def counted(counts):
    """The numbers of a run in words, without the zeros."""
    return ", ".join(f"{counts[kind]} {name}" for kind, name in KINDS.items() if counts.get(kind))
