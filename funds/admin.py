from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from funds.models import ApplicantType, Fund, FundBudget, FundContact, FundObjective, Theme
from portal.admin import ContentAdmin, StackedRows, TabularRows


@admin.register(Theme)
class ThemeAdmin(ContentAdmin):
    list_display = ["name", "parent", "contact"]
    list_filter = [("parent", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["parent", "contact"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["contact"]
    fields = ["name", "parent", "contact", "slug"]

    def get_deleted_objects(self, objs, request):
        """Followers are counted, not listed: who they are is not for editors."""
        themes = list(objs)
        _list, counts, permissions, protected = super().get_deleted_objects(themes, request)
        lines = [f"{theme} ({followers(theme)})" for theme in themes]
        return lines, counts, permissions, protected


def followers(theme):
    count = theme.followers.count()
    return ngettext("%d follower", "%d followers", count) % count


@admin.register(ApplicantType)
class ApplicantTypeAdmin(ContentAdmin):
    list_display = ["name"]
    search_fields = ["name"]
    fields = ["name", "slug"]


class FundObjectiveInline(StackedRows):
    model = FundObjective
    fields = [("order", "title"), "text"]


class FundBudgetInline(TabularRows):
    model = FundBudget
    fields = ["order", "label", "amount"]


class FundContactInline(TabularRows):
    model = FundContact
    fields = ["order", "role", "contact"]
    autocomplete_fields = ["contact"]


@admin.register(Fund)
class FundAdmin(ContentAdmin):
    list_display = ["name", "abbreviation", "period"]
    list_filter = ["period", ("themes", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "abbreviation"]
    filter_horizontal = ["themes", "applicant_types"]
    inlines = [FundObjectiveInline, FundBudgetInline, FundContactInline]
    fieldsets = [
        (None, {"fields": ["name", ("abbreviation", "period"), "slug"]}),
        (_("Texts"), {"fields": ["introduction", "notice", "budget_text", "read_more", "programme_code"]}),
        (_("For whom"), {"fields": ["themes", "applicant_types"]}),
    ]
