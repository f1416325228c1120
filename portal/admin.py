"""The admin site and what its pages share."""

from admin_ordering.admin import OrderableAdmin
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db import models
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from portal.forms import BelgianDecimalField


class PortalAdminSite(admin.AdminSite):
    site_title = site_header = _("VLEVA editors' desk")
    index_title = _("Content")
    login = method_decorator(secure_admin_login)(admin.AdminSite.login)

    def get_app_list(self, request, app_label=None):
        """Content first, then who may change it."""
        order = {label: position for position, label in enumerate(["calls", "funds", "contacts", "accounts"])}
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: order.get(app["app_label"], len(order)))


class ContentAdmin(admin.ModelAdmin):
    list_per_page = 50
    show_facets = admin.ShowFacets.ALWAYS
    save_on_top = True

    def get_readonly_fields(self, request, obj=None):
        """An address never changes once it exists."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "slug"] if obj and hasattr(obj, "slug") else fields

    def construct_change_message(self, request, form, formsets, add=False):
        """The fields in the words of the catalogue: Django writes down “Title”, which the history cannot translate."""
        message = super().construct_change_message(request, form, formsets, add)
        models_here = [self.model, *(formset.model for formset in formsets)]
        with translation.override(None):
            names = {str(capfirst(name)): str(name) for model in models_here for name in verbose_names(model)}
        for change in (part["changed"] for part in message if "changed" in part):
            change["fields"] = [names.get(field, field) for field in change["fields"]]
        return message


def verbose_names(model):
    return [field.verbose_name for field in (*model._meta.fields, *model._meta.many_to_many)]


class Rows(OrderableAdmin):
    """Rows that are put in order by dragging, or by their number; amounts are written the Belgian way."""

    ordering_field = "order"
    extra = 0
    formfield_overrides = {models.DecimalField: {"form_class": BelgianDecimalField, "localize": True}}


class StackedRows(Rows, admin.StackedInline):  # type: ignore[misc]
    pass


class Table(admin.TabularInline):
    extra = 0

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """A cell has no label of its own: the column's heading is read out."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            field.widget.attrs["aria-label"] = field.label
        return field


class TabularRows(Rows, Table):  # type: ignore[misc]
    pass
