"""The next edition of a call: a draft with its texts and rows, without its dates."""

import re
from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.changes import locked
from calls.desk.checks import refresh
from calls.desk.versions import versioned
from calls.models import Call
from calls.status import DeadlineModel

YEARS = re.compile(r"(?<!\d)(20\d\d)(?:([-–/])(20\d\d))?(?!\d)")
COPIED = ["title_language", "fund", "deadline_model", *Call.long_texts()]
ROWS = ["objectives", "actions", "budgets"]
DOUBLE_CLICK = timedelta(minutes=1)


def raised(text):
    """With each year one later. A period of the EU budget, 2021-2027, stays."""
    return YEARS.sub(next_year, text)


def next_year(match):
    first, sign, last = match.groups()
    if last and int(last) != int(first) + 1:
        return match.group()
    return f"{int(first) + 1}{sign}{int(last) + 1}" if last else str(int(first) + 1)


@transaction.atomic
def next_edition(call, user, link=True):
    """The new draft, or the one that a first click made a moment ago; None if the call was deleted meanwhile.

    `link`: a call without a family gets one, shared with the new draft.
    """
    call = locked(call)
    if call is None:
        return None
    names = {"title": raised(call.title), "code": raised(call.code)}
    family = call.family or (call.slug[:100] if link else "")
    moments_ago = timezone.now() - DOUBLE_CLICK
    made = Call.objects.filter(published_at=None, family=family, created_at__gt=moments_ago, **names)
    if same := made.exclude(pk=call.pk).first():
        return same
    comment = _("Copied as the next edition of “%(call)s”.") % {"call": call}
    with versioned(user, comment):
        new = copied(call, family, names)
        if call.family != family:
            call.family = family
            call.save(update_fields=["family"])
    refresh([new])
    return new


def copied(call, family, names):
    """Links of attachments come along, files do not: they are the funder's documents of the last edition."""
    new = Call(family=family, **names, **{name: getattr(call, name) for name in COPIED})
    if new.deadline_model != DeadlineModel.ROLLING:
        new.deadline_model = DeadlineModel.UNKNOWN
    new.save()
    new.themes.set(call.themes.all())
    new.applicant_types.set(call.applicant_types.all())
    rows = [row for name in ROWS for row in getattr(call, name).all()]
    for row in [*rows, *call.documents.exclude(link="")]:
        row.pk, row.call = None, new
        row._state.adding = True
        row.save()
    return new


class EditionAdmin(admin.ModelAdmin):
    def get_urls(self):
        view = self.admin_site.admin_view(self.next_edition_view)
        return [path("<int:pk>/volgende-editie/", view, name="calls_call_next_edition"), *super().get_urls()]

    def next_edition_view(self, request, pk):
        call = self.get_object(request, str(pk))
        if call is None:
            raise Http404
        if not (self.has_add_permission(request) and self.has_view_permission(request, call)):
            raise PermissionDenied
        if request.method == "POST" and (
            new := next_edition(call, request.user, self.has_change_permission(request, call))
        ):
            text = _("A draft of the next edition was made. Fill in its dates, and check its texts.")
            self.message_user(request, text, messages.SUCCESS)
            return redirect("admin:calls_call_change", new.pk)
        context = self.admin_site.each_context(request) | {
            "title": _("Copy as the next edition"),
            "call": call,
            "opts": self.opts,
            "new_title": raised(call.title),
            "new_code": raised(call.code),
            "files": call.documents.exclude(file=""),
        }
        return render(request, "admin/calls/call/next_edition.html", context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["may_copy"] = change and self.has_add_permission(request)
        return super().render_change_form(request, context, add, change, form_url, obj)
