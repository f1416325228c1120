"""The admin site and what its pages share."""

from typing import ClassVar

from admin_ordering.admin import OrderableAdmin
from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin
from django.db import models
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from portal.forms import BelgianDecimalField
from portal.richtext import RichTextField
from portal.templatetags.portal import rich

APPS = ["calls", "funds", "contacts", "accounts"]
MODELS = ["Call", "Proposal", "Fund", "Theme", "User"]
OF_ACCOUNTS = {"account", "admin", "auth"}  # apps of others, whose models are about users too


def place(name, order):
    return order.index(name) if name in order else len(order)


class PortalAdminSite(admin.AdminSite):
    site_title = site_header = _("VLEVA editors' desk")
    index_title = _("Content")
    login = method_decorator(secure_admin_login)(admin.AdminSite.login)

    def get_app_list(self, request, app_label=None):
        """Content first, then all about users; of each first what is opened every day, the others by name."""
        apps = super().get_app_list(request)
        if users := next((app for app in apps if app["app_label"] == "accounts"), None):
            others = [app for app in apps if app["app_label"] in OF_ACCOUNTS]
            users["models"] += [model for app in others for model in app["models"]]
            apps = [app for app in apps if app not in others]
        for app in apps:
            app["models"].sort(key=lambda model: (place(model["object_name"], MODELS), model["name"].lower()))
        asked = [app for app in apps if app_label in (None, app["app_label"])]
        return sorted(asked, key=lambda app: place(app["app_label"], APPS)) or super().get_app_list(request, app_label)


class ReadableForm(forms.ModelForm):
    """Whoever may only look reads rich text as it is on the site, not as code."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.instance._meta.fields:
            if isinstance(field, RichTextField):
                setattr(self.instance, field.name, rich(getattr(self.instance, field.name)))


class RowForm(ReadableForm):
    def has_changed(self):
        """A row that was added and left empty counts as none, although it has its place in the order."""
        new = self.instance.pk is None and set(self.changed_data) <= {"order"}
        return not new and super().has_changed()


class ReadOnly(admin.ModelAdmin):
    """For what the site alone writes."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ContentAdmin(admin.ModelAdmin):
    form = ReadableForm
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

    form = RowForm
    ordering_field = "order"
    extra = 0
    formfield_overrides: ClassVar[dict] = {models.DecimalField: {"form_class": BelgianDecimalField, "localize": True}}


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
