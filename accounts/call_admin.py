"""Calls at the editors' desk, with what followers hear of a change."""

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import Fieldset
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.audience import people_told_of_change
from calls.admin import CallAdmin
from calls.changes import FACTS, record, snapshot
from calls.models import Call
from calls.news import QUIET
from portal.admin import ReadableForm

# `calls` knows no followers, so its own page of calls cannot count them.
admin.site.unregister(Call)


class PublishedCallForm(ReadableForm):
    minor_change = forms.BooleanField(
        label=gettext_lazy("Minor change: tell nobody"),
        required=False,
        help_text=gettext_lazy("For a correction that changes nothing for applicants. The call's page does show it."),
    )


@admin.register(Call)
class FollowedCallAdmin(CallAdmin):
    change_form_template = "admin/calls/call/change_form.html"

    def get_form(self, request, obj=None, change=False, **kwargs):
        published = {"form": PublishedCallForm} if obj and obj.is_published else {}
        return super().get_form(request, obj, change, **published | kwargs)

    def render_change_form(self, request, context, **kwargs):
        """Who hears of a change is said at the buttons above, and asked at those below."""
        form, call = context["adminform"].form, kwargs["obj"]
        if "minor_change" in form.fields and self.has_change_permission(request, call):
            asked = {"fields": ["minor_change"], "description": warning(call)}
            context["followers"] = Fieldset(form, _("Followers"), model_admin=self, **asked)
        return super().render_change_form(request, context, **kwargs)

    def save_model(self, request, obj, form, change):
        form.before = snapshot(obj) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if change:
            minor = form.cleaned_data.get("minor_change", False)
            request.recorded, request.announced_again = record(form.instance, form.before, minor)

    def changeform_view(self, request, *args, **kwargs):
        """Says what came of it once all is committed: only then does the count see what was saved."""
        response = super().changeform_view(request, *args, **kwargs)
        if change := getattr(request, "recorded", None):
            self.message_user(request, outcome(change))
        if getattr(request, "announced_again", False):
            self.message_user(request, _("Whoever could not find this call before hears of it as a new call."))
        return response


def warning(call):
    """What an editor reads before saving."""
    people, exactly = people_told_of_change(call)
    if not people:
        return _("Nobody is told of it.")
    return ngettext(
        "If you change a date, the budget or the attachments, or withdraw the call, %(n)s person is told of it, "
        "half an hour after your last change.",
        "If you change a date, the budget or the attachments, or withdraw the call, %(n)s people are told of it, "
        "half an hour after your last change.",
        people,
    ) % {"n": number(people, exactly)}


def number(people, exactly):
    grouped = number_format(people, force_grouping=True)
    return grouped if exactly else _("at least %(n)s") % {"n": grouped}


def outcome(change):
    """What an editor reads after saving."""
    if not change.facts:
        return _("All is again as followers know it: nobody is told.")
    facts = ", ".join(str(name) for fact, name in FACTS.items() if fact in change.facts)
    noted = _("Change noted: %(facts)s.") % {"facts": facts}
    return f"{noted} {consequence(change)}"


def consequence(change):
    if change.minor:
        return _("It is minor: nobody is told.")
    people, exactly = people_told_of_change(change.call)
    if not people:
        return _("Nobody is told of it.")
    at = date_format(localtime(change.changed_at + QUIET), "H.i")
    text = ngettext("%(n)s person is told of it at %(time)s.", "%(n)s people are told of it at %(time)s.", people)
    return text % {"n": number(people, exactly), "time": at}
