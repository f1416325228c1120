"""The pages of the spreadsheet of calls at the desk: actions that write one, a page that reads one."""

from uuid import uuid4

import tablib
from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from calls.desk.spreadsheet_files import MOST_ROWS, read_dataset, written
from calls.desk.spreadsheets import COLUMNS, MOST_CHANGES, CallResource, carry_out, look
from calls.models import Call

TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
KEPT = 60 * 60  # seconds between a look and the decision
SHOWN = 200


class SpreadsheetForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Spreadsheet"),
        help_text=gettext_lazy("CSV (UTF-8) or Excel (.xlsx), with the columns that the export has."),
        allow_empty_file=True,
    )

    def clean_file(self):
        """The file as [name, bytes], after a first look at its form."""
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".csv", ".xlsx")):
            raise ValidationError(_("Choose a file whose name ends in .csv or .xlsx."))
        self.dataset = read_dataset(file, COLUMNS)
        file.seek(0)
        return [file.name, file.read()]


def keep(user, name_and_bytes):
    """What somebody has looked at waits in the cache, which all servers share; only they get it back."""
    key = f"spreadsheet-{uuid4().hex}"
    cache.set(key, name_and_bytes, KEPT)
    return signing.dumps([user.pk, key], salt="spreadsheet")


def kept(user, token):
    """A tablib.Dataset; None when it is gone or somebody else's."""
    try:
        owner, key = signing.loads(token, salt="spreadsheet", max_age=KEPT)
    except signing.BadSignature:
        return None
    found = cache.get(key) if owner == user.pk else None
    return found and read_dataset(ContentFile(found[1], found[0]), COLUMNS)


class SpreadsheetMixin(admin.ModelAdmin):
    actions = ["export_csv", "export_xlsx"]
    change_list_template = "admin/calls/call/change_list.html"

    def get_urls(self):
        view = self.admin_site.admin_view(self.spreadsheet_view)
        return [path("spreadsheet/", view, name="calls_call_spreadsheet"), *super().get_urls()]

    @admin.action(description=gettext_lazy("As a spreadsheet (CSV)"), permissions=["view"])
    def export_csv(self, request, queryset):
        return self.export(request, queryset, "csv")

    @admin.action(description=gettext_lazy("As a spreadsheet (Excel)"), permissions=["view"])
    def export_xlsx(self, request, queryset):
        return self.export(request, queryset, "xlsx")

    def export(self, request, queryset, format_name):
        """No more calls than can be read again at once."""
        chosen = list(queryset.order_by().values_list("pk", flat=True)[: MOST_ROWS + 1])
        if len(chosen) > MOST_ROWS:
            text = _("Choose at most %(most)s calls at once; a filter helps.") % {"most": MOST_ROWS}
            self.message_user(request, text, messages.ERROR)
            return None
        resource = CallResource(request.user)
        calls = Call.objects.for_export().filter(pk__in=chosen).order_by("pk")
        rows = [[line[column] for column in COLUMNS] for line in map(resource.line, calls)]
        response = HttpResponse(written(tablib.Dataset(*rows, headers=COLUMNS), format_name), TYPES[format_name])
        response["Content-Disposition"] = f'attachment; filename="oproepen-{localdate():%Y-%m-%d}.{format_name}"'
        return response

    def spreadsheet_view(self, request):
        """GET asks for a file; a POST with one shows what it would change; a POST with what was seen does it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method == "POST" and "seen" in request.POST:
            return self.carry_out(request)
        form = SpreadsheetForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            outcome = look(form.dataset, request.user)
            token = "" if outcome.errors else keep(request.user, form.cleaned_data["file"])
            return self.page(request, form=SpreadsheetForm(), outcome=outcome, token=token)
        return self.page(request, form=form)

    def carry_out(self, request):
        dataset = kept(request.user, request.POST.get("token", ""))
        if dataset is None:
            self.message_user(request, _("That was too long ago: choose the file once more."), messages.ERROR)
            return redirect("admin:calls_call_spreadsheet")
        outcome, done = carry_out(dataset, request.user, request.POST["seen"])
        if not done:
            token = "" if outcome.errors else request.POST["token"]
            return self.page(request, form=SpreadsheetForm(), outcome=outcome, token=token, meanwhile=True)
        cache.delete(signing.loads(request.POST["token"], salt="spreadsheet")[1])
        made = ngettext("%(n)s new draft", "%(n)s new drafts", outcome.new) % {"n": outcome.new}
        changed = ngettext("%(n)s call changed", "%(n)s calls changed", outcome.changed) % {"n": outcome.changed}
        self.message_user(request, f"{made}, {changed}.", messages.SUCCESS)
        return redirect("admin:calls_call_changelist")

    def page(self, request, **context):
        base = self.admin_site.each_context(request) | {"opts": self.opts, "title": _("Read a spreadsheet")}
        base |= {"columns": COLUMNS, "most": MOST_ROWS, "shown": SHOWN, "changes": MOST_CHANGES}
        return TemplateResponse(request, "admin/calls/call/spreadsheet.html", base | context)
