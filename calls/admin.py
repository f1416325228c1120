from django.contrib import admin
from django.contrib.admin.widgets import AdminFileWidget
from django.db import models
from django.db.models import F, Q, Subquery
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from calls.desk.bulk import BulkMixin
from calls.desk.empty_searches import EmptySearchAdmin
from calls.desk.history import HistoryAdmin
from calls.desk.link_checks import LinkAdmin
from calls.desk.log import LogAdmin  # noqa: F401 - registers itself
from calls.desk.publishing import ProblemFilter, PublishingAdmin, badge
from calls.documents import DocumentField, DocumentFormSet, DocumentsMixin
from calls.imports.admin import PortalMixin
from calls.imports.inbox_admin import ProposalAdmin  # noqa: F401 - registers itself
from calls.models import Action, Budget, Call, Cutoff, Document, EmptySearch, Link, Objective, Synonym
from calls.search.finding import matching
from calls.status import Publication, Status
from portal.admin import ContentAdmin, StackedRows, Table, TabularRows


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return Status.choices

    def queryset(self, request, queryset):
        return queryset.with_status(Status(self.value())) if self.value() in Status else queryset


class PublishedFilter(admin.SimpleListFilter):
    title = _("publication")
    parameter_name = "publication"

    def lookups(self, request, model_admin):
        return Publication.choices

    def queryset(self, request, queryset):
        return queryset.with_publication(Publication(self.value())) if self.value() in Publication else queryset


class DeadlineYearFilter(admin.SimpleListFilter):
    """By the Belgian year. Django's own hierarchy of dates reads every call to know which years there are."""

    title = _("year of the deadline")
    parameter_name = "deadline_year"

    def lookups(self, request, model_admin):
        dated = Call.objects.exclude(deadline=None).values("deadline")
        # Two looks into the index: Min and Max in one query would read all of it.
        ends = [Subquery(dated.order_by(order)[:1]) for order in ("deadline", "-deadline")]
        found = Call.objects.exclude(deadline=None).values_list(*ends).first()
        first, last = (localtime(at).year for at in found) if found else (1, 0)
        return [(str(year), str(year)) for year in range(last, first - 1, -1)]

    def queryset(self, request, queryset):
        known = self.value() in dict(self.lookup_choices)
        return queryset.filter(deadline__year=int(self.value())) if known else queryset


class ObjectiveInline(StackedRows):
    model = Objective
    fields = ["order", "text"]


class ActionInline(StackedRows):
    model = Action
    fields = [("order", "group"), "text"]


class BudgetInline(TabularRows):
    model = Budget
    fields = ["order", "label", "amount", "rate", "shared", "note"]


class CutoffInline(Table):
    model = Cutoff
    fields = ["label", "at"]


class DocumentInline(TabularRows):
    model = Document
    formset = DocumentFormSet
    formfield_overrides = TabularRows.formfield_overrides | {
        models.FileField: {"form_class": DocumentField, "widget": AdminFileWidget}
    }
    fields = ["order", "title", "file", "link"]

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.storage_failed = getattr(request, "storage_failed", False)
        return formset


@admin.register(Call)
class CallAdmin(BulkMixin, DocumentsMixin, HistoryAdmin, PublishingAdmin, PortalMixin, ContentAdmin):
    list_display = ["title_and_code", "status_and_deadline", "publication", "checks"]
    list_filter = [StatusFilter, PublishedFilter, ProblemFilter, DeadlineYearFilter, "fund", "themes"]
    search_fields = ["title"]  # Shows the field to type in; `get_search_results` answers.
    ordering = [F("deadline").desc(nulls_last=True), "-pk"]
    autocomplete_fields = ["fund", "themes", "applicant_types"]
    inlines = [CutoffInline, BudgetInline, ObjectiveInline, ActionInline, DocumentInline]
    readonly_fields = ["editions", "created_at", "updated_at"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "title",
                    ("title_language", "code", "family"),
                    "editions",
                    "fund",
                    "themes",
                    "applicant_types",
                    "slug",
                ]
            },
        ),
        (
            _("Dates"),
            {
                "fields": ["opens_at", ("deadline_model", "deadline"), ("published_at", "withdrawn_at")],
                "description": _("All hours are Belgian time."),
            },
        ),
        (_("Introduction"), {"fields": ["introduction", "source_url"]}),
        (_("Around the objectives"), {"fields": ["objectives_before", "objectives_after"], "classes": ["collapse"]}),
        (_("Around the actions"), {"fields": ["actions_before", "actions_after"], "classes": ["collapse"]}),
        (
            _("Budget, beneficiaries, contact"),
            {"fields": ["budget_text", "beneficiaries", "target_group", "final_beneficiaries", "info_contact"]},
        ),
        (_("History"), {"fields": [("created_at", "updated_at")], "classes": ["collapse"]}),
    ]

    def get_search_results(self, request, queryset, search_term):
        """The search of the site, drafts included; those whose words nobody has written yet by title and code."""
        found, new = matching(queryset, search_term), queryset.filter(search_entry=None)
        if search_term and new.exists():
            named = new.filter(Q(title__icontains=search_term) | Q(code__icontains=search_term))
            found = queryset.filter(Q(pk__in=found.values("pk")) | Q(pk__in=named.values("pk")))
        return found, False

    @admin.display(description=_("other editions"))
    def editions(self, call):
        """What the family links: the form shows at once when a call stands among the wrong ones."""
        found = Call.objects.editions_of(call).only("title", "code")[:20]
        links = ((reverse("admin:calls_call_change", args=[one.pk]), one.code or one.title) for one in found)
        return format_html_join(", ", '<a href="{}">{}</a>', links) or _("none yet")

    @admin.display(description=_("title"), ordering="title")
    def title_and_code(self, call):
        return format_html("{}<br><small>{}</small>", call.title, call.code) if call.code else call.title

    @admin.display(description=_("deadline"), ordering="deadline")
    def status_and_deadline(self, call):
        return badge(call.status, call.deadline)


@admin.register(Synonym)
class SynonymAdmin(ContentAdmin):
    search_fields = ["terms"]


admin.site.register(EmptySearch, EmptySearchAdmin)


admin.site.register(Link, LinkAdmin)
