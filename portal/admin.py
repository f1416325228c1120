"""The admin site and what its pages share."""

from admin_ordering.admin import OrderableAdmin
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(admin.AdminSite):
    site_title = site_header = _("VLEVA editors' desk")
    index_title = _("Content")
    login = secure_admin_login(admin.AdminSite.login)

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


class Rows(OrderableAdmin):
    """Rows that are put in order by dragging, or by their number; amounts are written the Belgian way."""

    ordering_field = "order"
    extra = 0
    formfield_overrides = {models.DecimalField: {"localize": True}}


class StackedRows(Rows, admin.StackedInline):  # type: ignore[misc]
    pass


class TabularRows(Rows, admin.TabularInline):  # type: ignore[misc]
    pass
