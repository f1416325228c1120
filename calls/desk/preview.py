"""How a call will look: from the unsaved form, and by a signed link for a colleague without an account."""

from datetime import UTC, datetime, timedelta

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.forms import MultiWidget, all_valid
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from calls.desk.typed import typed_call
from calls.linked_data import trail_to
from calls.models import Call, Document
from calls.related import around
from calls.sections import sections_of
from calls.status import Publication
from calls.views import download

SALT = "calls.preview"
VALID = timedelta(days=7)
NOT_PUBLIC = [Publication.DRAFT, Publication.SCHEDULED]


# The page ------------------------------------------------------------------------------------------------------------


def page(request, call, addresses, until=None):
    """The public page of a call with a banner. `addresses`: {primary key of an attachment: where it can be had}."""
    for document in call.documents.all():
        document.preview_url = document.link or addresses.get(document.pk, "")
    context = {"call": call, "preview": True, "until": until, "sections": sections_of(call), "trail": trail_to(call)}
    response = render(request, "calls/call.html", context | around(call))
    return private(response)


def private(response):
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex"
    return response


# Of the unsaved form -------------------------------------------------------------------------------------------------


class PreviewAdmin(admin.ModelAdmin):
    def get_urls(self):
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("voorbeeld/", view, name="calls_call_preview_new"),
            path("<int:pk>/voorbeeld/", view, name="calls_call_preview"),
            *super().get_urls(),
        ]

    def preview_view(self, request, pk=None):
        """Shows what was typed and stores nothing of it."""
        call = self.get_object(request, str(pk)) if pk is not None else None
        if pk is not None and call is None:
            raise Http404
        if not (self.has_change_permission(request, call) if call else self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:calls_call_change", pk) if call else redirect("admin:calls_call_add")
        fields = flatten_fieldsets(self.get_fieldsets(request, call))
        form_class = self.get_form(request, call, change=call is not None, fields=fields)
        form = form_class(request.POST, request.FILES, instance=call)
        formsets, _inlines = self._create_formsets(request, form.instance, change=call is not None)
        if not (form.is_valid() & all_valid(formsets)):
            return self.show_faults(request, form, formsets)
        shown = typed_call(form, formsets)
        stored = [one for one in shown.documents.all() if one.pk and one.file and one.file._committed]
        return page(request, shown, {one.pk: one.get_absolute_url() for one in stored})

    def show_faults(self, request, form, formsets):
        title = _("No preview yet")
        context = self.admin_site.each_context(request) | {"title": title, "faults": faults_in(form, formsets)}
        return private(render(request, "admin/calls/call/preview_faults.html", context, status=422))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        address = (
            reverse("admin:calls_call_preview", args=[obj.pk]) if change else reverse("admin:calls_call_preview_new")
        )
        may = self.has_change_permission(request, obj) if change else self.has_add_permission(request)
        context["preview_address"] = address if may else ""
        if may and change and obj.publication in NOT_PUBLIC:
            until = timezone.now() + VALID
            link = request.build_absolute_uri(reverse("preview", args=[make_token(obj, until)]))
            context |= {"preview_link": link, "preview_until": until}
        return super().render_change_form(request, context, add, change, form_url, obj)


def faults_in(form, formsets):
    """[(where, messages, id on the form)] as people read it, in the order of the form.

    A row that is to be deleted may hold anything.
    """
    found = [*faults_of(form, "")]
    for formset in formsets:
        names = formset.model._meta
        if messages := formset.non_form_errors():
            found.append((capfirst(names.verbose_name_plural), messages, f"{formset.prefix}-group"))
        for number, row in enumerate(formset.forms, 1):
            if row.errors and not row.cleaned_data.get(DELETION_FIELD_NAME):
                found += faults_of(row, f"{capfirst(names.verbose_name)} {number}: ")
    return found


def faults_of(form, before):
    for name, messages in form.errors.items():
        if name in form.fields:
            yield f"{before}{form.fields[name].label}", messages, first_id(form[name])
        else:
            yield f"{before}{_('The whole')}", messages, form.prefix or ""


def first_id(field):
    """Of a date and its hour, that of the date."""
    return f"{field.auto_id}_0" if isinstance(field.field.widget, MultiWidget) else field.auto_id


# By a signed link ----------------------------------------------------------------------------------------------------


def make_token(call, until):
    return signing.dumps([call.pk, int(until.timestamp())], salt=SALT)


def read_token(token):
    """(primary key of the call, aware datetime until which the link works); 404 for what we never made."""
    try:
        pk, until = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise Http404(_("This preview link is not one of ours: part of it may have been lost.")) from error
    return pk, datetime.fromtimestamp(until, UTC)


@require_safe
def preview(request, token):
    """A call that is not public yet, for whoever got the link from an editor."""
    pk, until = read_token(token)
    call = get_object_or_404(Call.objects.for_page(), pk=pk)
    if call.publication not in NOT_PUBLIC:
        return private(redirect(call))
    if until <= timezone.now():
        return private(render(request, "calls/preview_over.html", {"until": until}, status=410))
    return page(request, call, {one.pk: signed_address(token, one) for one in call.documents.all()}, until)


def signed_address(token, document):
    return reverse("preview-document", args=[token, document.pk])


@require_safe
def preview_document(request, token, pk):
    """An attachment of such a call, for as long as its link works."""
    call, until = read_token(token)
    found = get_object_or_404(Document.objects.select_related("call").exclude(file=""), call=call, pk=pk)
    if found.call.publication not in NOT_PUBLIC:
        return private(redirect(found))
    if until <= timezone.now():
        return private(render(request, "calls/preview_over.html", {"until": until}, status=410))
    return private(download(request, found))
