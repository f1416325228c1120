"""The versions of a call at the desk: who changed what and when; two compared, one restored, a deleted call back."""

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import F, Window
from django.db.models.functions import Lag
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from reversion.models import Version

from calls.desk.conflicts import ConflictsAdmin
from calls.desk.differences import differences
from calls.desk.merging import number
from calls.desk.restoring import recover, restore, restored_state
from calls.desk.versions import current, fingerprint, state_at, stored_state, versioned, versions_of
from calls.models import Call

PER_PAGE = 50
asked = require_http_methods(["GET", "HEAD", "POST"])


class HistoryAdmin(ConflictsAdmin):
    """Every save at the desk is a version, and each has its page."""

    def get_urls(self):
        views = [
            ("<path:object_id>/history/compare/", require_safe(self.compare_view), "compare"),
            ("<path:object_id>/history/<int:version_id>/restore/", asked(self.restore_view), "restore"),
            ("recover/", require_safe(self.recover_list_view), "recover_list"),
            ("recover/<int:version_id>/", asked(self.recover_view), "recover"),
        ]
        guarded = ((route, self.admin_site.admin_view(view), f"calls_call_{name}") for route, view, name in views)
        return [path(route, view, name=name) for route, view, name in guarded] + super().get_urls()

    # Saving ----------------------------------------------------------------------------------------------------------

    def changelist_view(self, request, extra_context=None):
        """Deleting keeps the last state of each call; what else changes many calls keeps versions by itself."""
        extra_context = {"may_recover": self.may_recover(request)} | (extra_context or {})
        if "delete_selected" not in request.POST.getlist("action"):
            return super().changelist_view(request, extra_context)
        with versioned(request.user):
            return super().changelist_view(request, extra_context)

    def delete_view(self, request, object_id, extra_context=None):
        """The last state is kept, so that the call can be recovered."""
        if request.method != "POST":
            return super().delete_view(request, object_id, extra_context)
        with versioned(request.user):
            return super().delete_view(request, object_id, extra_context)

    def get_deleted_objects(self, objs, request):
        """The calls by name; what goes with them is counted, not listed: most of it nobody at the desk wrote."""
        _all, *counts_and_more = super().get_deleted_objects(objs, request)
        return [str(call) for call in objs], *counts_and_more

    def log_addition(self, request, obj, message):
        return noted(super().log_addition(request, obj, message), obj)

    def log_change(self, request, obj, message):
        return noted(super().log_change(request, obj, message), obj)

    # Pages -----------------------------------------------------------------------------------------------------------

    def history_view(self, request, object_id, extra_context=None):
        call = self.call_seen(request, object_id)
        if call is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        versions = versions_of(call.pk).annotate(before=Window(Lag("pk"), order_by=F("pk").asc()))
        paginator = self.get_paginator(request, versions, PER_PAGE)
        page = paginator.get_page(request.GET.get(PAGE_VAR))
        context = {"title": _("History"), "page": page, "page_var": PAGE_VAR}
        context["page_range"] = paginator.get_elided_page_range(page.number)
        context["may_restore"] = self.has_change_permission(request, call)
        return self.version_page(request, call, "admin/calls/call/history.html", context | (extra_context or {}))

    def compare_view(self, request, object_id):
        call = self.call_found(request, object_id)
        versions = [version_of(call.pk, request.GET.get(name)) for name in ("from", "to")]
        if None in versions:
            messages.error(request, _("Choose two versions of this call to compare them."))
            return redirect("admin:calls_call_history", call.pk)
        old, new = sorted(versions, key=lambda version: version.pk)
        context = {"title": _("Compare two versions"), "old": old, "new": new}
        context["differences"] = differences(state_at(old), state_at(new))
        return self.version_page(request, call, "admin/calls/call/compare.html", context)

    def restore_view(self, request, object_id, version_id):
        """Shows what would change; the button does it, if the call is still what was shown."""
        call = self.call_found(request, object_id)
        version = version_of(call.pk, str(version_id))
        if version is None:
            raise Http404
        if not self.has_change_permission(request, call):
            raise PermissionDenied
        now = stored_state(call.pk)
        if request.method == "POST" and request.POST.get("made_from") == fingerprint(now):
            return self.restore_now(request, call, version)
        if request.method == "POST":
            messages.warning(request, _("This call was changed meanwhile. Look once more at what would change."))
        context = {"title": _("Restore a version"), "version": version, "made_from": fingerprint(now)}
        context["differences"] = differences(now, restored_state(state_at(version), now))
        return self.version_page(request, call, "admin/calls/call/restore.html", context)

    def restore_now(self, request, call, version):
        comment = _("Restored as it was on %(at)s.") % {"at": said(version.revision.date_created)}
        minor = "minor_change" in request.POST
        if restore(call, version, request.user, comment, minor, if_still=request.POST["made_from"]):
            messages.success(request, comment)
        else:
            messages.warning(request, _("Nothing was restored: the call was changed at the same moment."))
        return redirect("admin:calls_call_history", call.pk)

    def recover_list_view(self, request):
        self.check_may_recover(request)
        deleted = Version.objects.get_deleted(Call).select_related("revision__user").order_by("-pk")
        page = self.get_paginator(request, deleted, PER_PAGE).get_page(request.GET.get(PAGE_VAR))
        context = {"title": _("Recover deleted calls"), "page": page, "page_var": PAGE_VAR}
        context["page_range"] = page.paginator.get_elided_page_range(page.number)
        return self.version_page(request, None, "admin/calls/call/recover_list.html", context)

    def recover_view(self, request, version_id):
        self.check_may_recover(request)
        version = Version.objects.get_deleted(Call).select_related("revision__user").filter(pk=version_id).first()
        if version is None:
            messages.warning(request, _("This call is not among the deleted ones any more."))
            return redirect("admin:calls_call_recover_list")
        if request.method == "POST":
            return self.recover_now(request, version)
        state = state_at(version)
        empty = {name: {} for name in state} | {"call": dict.fromkeys(state["call"], "")}
        context = {"title": _("Recover a deleted call"), "version": version}
        context["differences"] = [one for one in differences(empty, state) if one.html or one.rows]
        return self.version_page(request, None, "admin/calls/call/recover.html", context)

    def recover_now(self, request, version):
        call = recover(version, request.user, _("Recovered."))
        if call is None:
            messages.warning(request, _("This call is not among the deleted ones any more."))
            return redirect("admin:calls_call_recover_list")
        messages.success(request, _("Recovered as a draft: %(call)s.") % {"call": call})
        return redirect("admin:calls_call_change", call.pk)

    # What they share -------------------------------------------------------------------------------------------------

    def call_seen(self, request, object_id):
        """The call, None where it is not there."""
        call = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, call):
            raise PermissionDenied
        return call

    def call_found(self, request, object_id):
        call = self.call_seen(request, object_id)
        if call is None:
            raise Http404
        return call

    def may_recover(self, request):
        return self.has_add_permission(request) and self.has_delete_permission(request)

    def check_may_recover(self, request):
        if not self.may_recover(request):
            raise PermissionDenied

    def version_page(self, request, call, template, context):
        request.current_app = self.admin_site.name
        site = self.admin_site.each_context(request)
        about = {"opts": self.opts, "object": call, "module_name": capfirst(self.opts.verbose_name_plural)}
        return TemplateResponse(request, template, site | about | context)


def noted(entry, call):
    """What the log says of an edit is what its version says."""
    if edit := current.get():
        edit.logged[call.pk] = entry.get_change_message()
    return entry


def version_of(pk, version):
    return versions_of(pk).filter(pk=number(version or "")).first()


def said(at):
    return date_format(localtime(at), "j F Y H:i")
