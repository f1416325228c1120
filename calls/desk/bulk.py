"""Many calls at once: set their themes, fund or state. First what would happen to each, then all of it or nothing."""

from dataclasses import dataclass, field
from hashlib import sha256

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from calls.changes import recorded
from calls.desk.checks import known_about, problems_of, refresh
from calls.desk.models import Problem
from calls.desk.roles import RolesAdmin
from calls.desk.spreadsheet_admin import SpreadsheetMixin
from calls.desk.versions import versioned
from calls.models import Call
from calls.status import Publication
from funds.models import Fund, Theme
from portal.dates import validate_sensible

MOST_CALLS = 150  # a call takes some 34 queries, and somebody waits for the answer


@dataclass
class Step:
    """What would happen to one call, in words; `refused` says why it will not."""

    call: Call
    old: str
    new: str = ""
    refused: list = field(default_factory=list)
    warnings: list = field(default_factory=list)

    @property
    def does_something(self):
        return not self.refused and self.old != self.new


# What there is to set ------------------------------------------------------------------------------------------------


class ThemesForm(forms.Form):
    title = gettext_lazy("Set the themes of calls")
    subject = gettext_lazy("themes")
    how = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[
            ("add", gettext_lazy("Add these themes")),
            ("remove", gettext_lazy("Take these themes away")),
            ("replace", gettext_lazy("Replace all themes by these")),
        ],
        initial="add",
        widget=forms.RadioSelect,
    )
    themes = forms.ModelMultipleChoiceField(
        Theme.objects.all(), label=gettext_lazy("Themes"), widget=forms.CheckboxSelectMultiple
    )

    def now(self, call):
        return set(call.themes.all())

    def wanted(self, call):
        chosen = set(self.cleaned_data["themes"])
        return {"add": self.now(call) | chosen, "remove": self.now(call) - chosen, "replace": chosen}[
            self.cleaned_data["how"]
        ]

    def said(self, themes):
        return ", ".join(sorted((theme.name for theme in themes), key=str.lower)) or pgettext("themes or fund", "none")

    def set(self, call):
        call.themes.set(self.wanted(call))
        call.save(update_fields=["updated_at"])


class FundForm(forms.Form):
    title = gettext_lazy("Set the fund of calls")
    subject = gettext_lazy("fund")
    fund = forms.ModelChoiceField(Fund.objects.all(), label=gettext_lazy("Fund"))

    def now(self, call):
        return call.fund

    def wanted(self, call):
        return self.cleaned_data["fund"]

    def said(self, fund):
        return str(fund) if fund else pgettext("themes or fund", "none")

    def set(self, call):
        call.fund = self.wanted(call)
        call.save()


class StateForm(forms.Form):
    title = gettext_lazy("Publish, schedule or withdraw calls")
    subject = gettext_lazy("state")
    state = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[
            ("publish", gettext_lazy("Publish now")),
            ("schedule", gettext_lazy("Publish at a moment")),
            ("draft", gettext_lazy("Back to draft: visitors see them no more, without an explanation")),
            ("withdraw", gettext_lazy("Withdraw: the page says that the call was withdrawn")),
        ],
        widget=forms.RadioSelect,
    )
    at = forms.SplitDateTimeField(
        label=gettext_lazy("Moment"),
        required=False,
        widget=AdminSplitDateTime,
        validators=[validate_sensible],
        help_text=gettext_lazy("Only to publish at a moment; Belgian time."),
    )

    def clean(self):
        at = self.cleaned_data.get("at")
        if self.cleaned_data.get("state") == "schedule" and "at" not in self.errors:
            if not at:
                self.add_error("at", _("Say when."))
            elif at <= timezone.now():
                self.add_error("at", _("This moment is past: choose “Publish now”, or a later moment."))

    def now(self, call):
        return call.published_at, call.withdrawn_at

    def wanted(self, call):
        return getattr(self, self.cleaned_data["state"])(call)

    def publish(self, call):
        """What is online stays as it is; what was withdrawn comes back under its first moment."""
        if call.publication == Publication.WITHDRAWN:
            return min(call.published_at, self.moment), None
        return (call.published_at if call.is_published else self.moment), call.withdrawn_at

    def schedule(self, call):
        if call.publication in {Publication.PUBLISHED, Publication.WITHDRAWN}:
            raise ValidationError(_("It was published already."))
        return self.cleaned_data["at"], None

    def draft(self, call):
        return None, None

    def withdraw(self, call):
        if call.publication == Publication.WITHDRAWN:
            return self.now(call)
        if not call.is_published:
            raise ValidationError(_("It is not published, so there is nothing to withdraw."))
        return call.published_at, self.moment

    @property
    def moment(self):
        """The same for all calls of a set."""
        self.started = getattr(self, "started", timezone.now())
        return self.started

    def said(self, moments):
        published_at, withdrawn_at = moments
        publication = Call(published_at=published_at, withdrawn_at=withdrawn_at).publication
        if publication != Publication.SCHEDULED:
            return str(publication.label)
        return f"{publication.label}: {date_format(localtime(published_at), 'j F Y H.i')}"

    def set(self, call):
        call.published_at, call.withdrawn_at = self.wanted(call)
        call.save()


# What would happen, and doing it -------------------------------------------------------------------------------------


def steps_for(form, calls):
    """A Step a call, in as many queries for one as for five hundred."""
    appears = isinstance(form, StateForm) and form.cleaned_data["state"] in {"publish", "schedule"}
    known = known_about(calls) if appears else None
    return [step_for(form, call, known) for call in calls]


def step_for(form, call, known):
    step = Step(call, form.said(form.now(call)))
    try:
        step.new = form.said(form.wanted(call))
    except ValidationError as error:
        step.refused = error.messages
    if known and step.does_something:
        look_at_problems(form, step, known)
    return step


def look_at_problems(form, step, known):
    """Errors keep a call from being published; warnings are for the editor to weigh."""
    before = form.now(step.call)
    step.call.published_at, step.call.withdrawn_at = form.wanted(step.call)
    for problem in problems_of(step.call, known, publishing=True):
        (step.refused if problem.level == Problem.Level.ERROR else step.warnings).append(problem.text)
    step.call.published_at, step.call.withdrawn_at = before


def digest(steps):
    """What an editor has seen of the steps: agreed to is only that."""
    seen = [(step.call.pk, step.old, step.new, step.refused, step.warnings) for step in steps]
    return sha256(repr(seen).encode()).hexdigest()


@transaction.atomic
def carry_out(form, calls, user, seen):
    """The steps, and whether they were carried out: only as they were seen. One transaction, one version a call."""
    chosen = Call.objects.filter(pk__in=[call.pk for call in calls])
    list(chosen.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    steps = steps_for(form, prepared(Call.objects.editable_by(user).filter(pk__in=chosen.values("pk"))))
    if digest(steps) != seen:
        return steps, False
    todo = [step.call for step in steps if step.does_something]
    with versioned(user, _("Many at once: %(subject)s.") % {"subject": form.subject}, *todo):
        for call in todo:
            with recorded(call):
                form.set(call)
    refresh(todo)
    return steps, True


def prepared(calls):
    """With what steps and checks look at, in a fixed number of queries."""
    return list(calls.for_export().order_by("pk"))


# At the desk ---------------------------------------------------------------------------------------------------------


class BulkMixin(SpreadsheetMixin, RolesAdmin):
    actions = ["set_themes", "set_fund", "set_state", *SpreadsheetMixin.actions]

    @admin.action(description=gettext_lazy("Set themes…"), permissions=["change"])
    def set_themes(self, request, queryset):
        return self.set_many(request, queryset, ThemesForm)

    @admin.action(description=gettext_lazy("Set fund…"), permissions=["change"])
    def set_fund(self, request, queryset):
        return self.set_many(request, queryset, FundForm)

    @admin.action(description=gettext_lazy("Publish, schedule, withdraw…"), permissions=["publish"])
    def set_state(self, request, queryset):
        return self.set_many(request, queryset, StateForm)

    def set_many(self, request, queryset, form_class):
        """Asks what to set, shows what that would do, and does it when that is what was seen."""
        chosen = list(queryset.order_by().values_list("pk", flat=True)[: MOST_CALLS + 1])
        if len(chosen) > MOST_CALLS:
            text = _("Choose at most %(most)s calls at once; a filter helps.") % {"most": MOST_CALLS}
            self.message_user(request, text, messages.ERROR)
            return None
        calls = prepared(Call.objects.editable_by(request.user).filter(pk__in=chosen))
        form = form_class(request.POST if "look" in request.POST or "seen" in request.POST else None)
        context = {"form": form, "calls": calls, "passed_over": len(chosen) - len(calls)}
        if form.is_bound and form.is_valid():
            if "look" not in request.POST:
                steps, done = carry_out(form, calls, request.user, request.POST["seen"])
                if done:
                    return self.say_what_was_done(request, steps)
                context["meanwhile"] = True
            else:
                steps = steps_for(form, calls)
            context |= self.outlook(steps)
        return self.ask(request, context)

    def outlook(self, steps):
        number = sum(step.does_something for step in steps)
        same = sum(not step.refused and not step.does_something for step in steps)
        refused = sum(bool(step.refused) for step in steps)
        return {"steps": steps, "seen": digest(steps), "number": number, "same": same, "refused": refused}

    def ask(self, request, context):
        base = self.admin_site.each_context(request) | {"opts": self.opts, "title": context["form"].title}
        base |= {"media": self.media + context["form"].media, "checkbox": ACTION_CHECKBOX_NAME}
        base["action"] = request.POST["action"]
        return TemplateResponse(request, "admin/calls/call/bulk.html", base | context)

    def say_what_was_done(self, request, steps):
        number = sum(step.does_something for step in steps)
        text = ngettext("%(number)s call was changed.", "%(number)s calls were changed.", number)
        self.message_user(request, text % {"number": number}, messages.SUCCESS)
