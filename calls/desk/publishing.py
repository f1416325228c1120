"""Publishing from the form of a call: its state, the buttons that change it, and what stands in the way."""

from hashlib import sha256

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format, localize_input
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.changes import said
from calls.desk.checks import ERROR, WARNING, counted, known_about, problems_of, refresh
from calls.desk.editions import EditionAdmin
from calls.desk.preview import PreviewAdmin, faults_in
from calls.desk.typed import typed_call
from calls.models import Call, Problem
from calls.status import Publication

NOW, EMPTY = "now", ""
# What a button writes into the form before it is saved, and in which state it can be pressed.
BUTTONS = {
    "_publish": (gettext_lazy("Publish now"), "published_at", NOW, [Publication.DRAFT, Publication.SCHEDULED]),
    "_to_draft": (gettext_lazy("Back to draft"), "published_at", EMPTY, [Publication.SCHEDULED]),
    "_withdraw": (gettext_lazy("Withdraw"), "withdrawn_at", NOW, [Publication.PUBLISHED]),
    "_restore": (gettext_lazy("Undo the withdrawal"), "withdrawn_at", EMPTY, [Publication.WITHDRAWN]),
}
APPEARS = [Publication.SCHEDULED, Publication.PUBLISHED]


class Refused(Exception):
    """A call cannot be published as it stands in the form, or not before somebody says yes to its warnings."""

    def __init__(self, problems):
        super().__init__(counted(problems))
        self.problems = problems


class ProblemFilter(admin.SimpleListFilter):
    title = gettext_lazy("checks")
    parameter_name = "checks"

    def lookups(self, request, model_admin):
        return [
            (ERROR, gettext_lazy("with errors")),
            (WARNING, gettext_lazy("with warnings")),
            ("none", gettext_lazy("nothing found")),
        ]

    def queryset(self, request, queryset):
        found = Problem.objects.filter(call=OuterRef("pk"))
        if self.value() in Problem.Level:
            return queryset.filter(Exists(found.filter(level=self.value())))
        return queryset.filter(~Exists(found)) if self.value() == "none" else queryset


class PublishingAdmin(EditionAdmin, PreviewAdmin, admin.ModelAdmin):
    # Numbers beside every choice of every filter cost three queries a filter, each through all calls: only if asked.
    show_facets = admin.ShowFacets.ALLOW
    show_full_result_count = False

    # Saving ----------------------------------------------------------------------------------------------------------

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """A refused form comes back with all that was typed; nothing of it was stored."""
        try:
            if request.method == "POST":
                press_button(request, self.get_object(request, unquote(object_id)) if object_id else None)
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            request.refused = refused.problems
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        refused = getattr(request, "refused", None)
        return type(form)(form.__name__, (RefusedForm, form), {"refused": refused}) if refused else form

    def _create_formsets(self, request, obj, change):
        formsets, inlines = super()._create_formsets(request, obj, change)
        request.formsets = formsets
        return formsets, inlines

    def save_model(self, request, obj, form, change):
        stored = Call.objects.for_export().get(pk=obj.pk) if change else None
        problems = in_the_way(typed_call(form, request.formsets), stored)
        if problems and (has_errors(problems) or request.POST.get("publish_anyway") != consent(problems)):
            raise Refused(problems)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        refresh([form.instance])

    def response_change(self, request, obj):
        """After a button: what the call is now, where Django says that it was changed."""
        if pressed(request) is None:
            return super().response_change(request, obj)
        self.message_user(request, f"{obj}: {state_text(obj)}", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    # The form --------------------------------------------------------------------------------------------------------

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        refused = getattr(request, "refused", None)
        # A form that came back has put what was typed into the call: its state is that of the row.
        stored = Call.objects.get(pk=obj.pk) if change and obj and request.method == "POST" else obj
        problems = refused or (stored_problems(obj) if change and obj else [])
        formsets = [table.formset for table in context["inline_admin_formsets"]]
        context |= {
            "problems": [(one, anchor(one.field)) for one in problems],
            "problems_counted": counted(problems),
            "faults": [] if refused else faults_in(context["adminform"].form, formsets),
            "consent": consent(refused) if refused and not has_errors(refused) else "",
            "files_again": [file.name for files in request.FILES.lists() for file in files[1]],
            "stored": stored,
            "state": state_text(stored) if stored else "",
            "buttons": self.buttons(request, stored) if stored else [],
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def buttons(self, request, call):
        """[(name, label)] of what this user can do with this call."""
        if not (request.user.has_perm("calls.publish_call") and self.has_change_permission(request, call)):
            return []
        return [(name, label) for name, (label, _f, _v, states) in BUTTONS.items() if call.publication in states]

    # The list --------------------------------------------------------------------------------------------------------

    def get_queryset(self, request):
        calls = super().get_queryset(request)
        match = request.resolver_match
        return calls.prefetch_related("problems") if match and match.url_name.endswith("changelist") else calls

    @admin.display(description=gettext_lazy("publication"), ordering="published_at")
    def publication(self, call):
        return badge(call.publication, moment_of(call))

    @admin.display(description=gettext_lazy("checks"))
    def checks(self, call):
        problems = call.problems.all()
        if not problems:
            return ""
        items = format_html_join("", "<li>{}</li>", ((one.text,) for one in problems))
        worst = problems[0].level
        return format_html(
            '<details class="checks {}"><summary>{}</summary><ul>{}</ul></details>', worst, counted(problems), items
        )


def badge(state, at):
    """A status or a publication, and since or until when."""
    shown = format_html('<span class="status {}">{}</span>', state, state.label)
    return format_html("{} <small>{}</small>", shown, date_format(localtime(at), "j b Y H.i")) if at else shown


class RefusedForm:
    """What stands in the way of publishing, beside the fields of a form that is sent in again."""

    refused: list[Problem]

    def clean(self):
        data = super().clean()
        errors = [one for one in self.refused if one.level == ERROR]
        for one in errors:
            self.add_error(one.field if one.field in self.fields else None, one.text)
        if not errors:
            self.add_error(None, _("Look at the warnings, and say above that the call may be published all the same."))
        return data


def pressed(request):
    """The name of the button that sent the form, if it is one of BUTTONS."""
    return next((name for name in BUTTONS if name in request.POST), None)


def press_button(request, call):
    """A button is short for a value in a field of the form, which stays open.

    Refused where it does not fit any more: a call that was scheduled can have appeared since its form was opened.
    """
    name = pressed(request)
    if name is None:
        return
    if not request.user.has_perm("calls.publish_call"):
        raise PermissionDenied
    label, field, value, states = BUTTONS[name]
    if call and call.publication not in states:
        now = {"state": call.publication.label, "button": label}
        text = _("This call is now: %(state)s. So “%(button)s” was not done, and nothing was saved.") % now
        raise Refused([Problem(level=ERROR, code="state", text=text)])
    now = clear_hour(localtime(timezone.now()))
    day, hour = (localize_input(now.date()), f"{now:%H:%M:%S}") if value == NOW else ("", "")
    data = request.POST.copy()
    data[f"{field}_0"], data[f"{field}_1"], data["_continue"] = day, hour, ""
    request.POST = data


def clear_hour(moment):
    """The moment; in the hour that comes twice when summer time ends, the minute before it, which a form can say."""
    twice = moment.utcoffset() != moment.replace(fold=not moment.fold).utcoffset()
    return moment.replace(hour=1, minute=59, second=59, fold=0) if twice else moment


def in_the_way(call, stored):
    """The Problems because of which a call should not appear, or not yet, as it is now; none for a draft.

    Of a call that is published already, as `stored` says, only errors that it did not have before. `stored` is None
    for a new call. Both have their rows, as `for_export` gives them.
    """
    if call.publication not in APPEARS:
        return []
    appearing = stored is None or stored.publication == Publication.DRAFT
    strict = appearing or call.publication == Publication.SCHEDULED
    problems = problems_of(call, known_about([call]), publishing=strict)
    if appearing:
        return problems
    old = {(one.code, one.field) for one in problems_of(stored, known_about([stored])) if one.level == ERROR}
    return [one for one in problems if one.level == ERROR and (one.code, one.field) not in old]


def has_errors(problems):
    return any(one.level == ERROR for one in problems)


def consent(problems):
    """What the tick at “publish all the same” sends: a yes to these warnings, and to no others."""
    return sha256("\n".join(sorted(f"{one.code} {one.text}" for one in problems)).encode()).hexdigest()[:16]


def stored_problems(call):
    """As they are now: a date may have passed since the last night."""
    calls = list(Call.objects.for_export().filter(pk=call.pk))
    return [one for call in calls for one in problems_of(call, known_about(calls))]


def anchor(field):
    """The id of a field or of a table of rows on the form."""
    if field in {"objectives", "actions", "budgets", "cutoffs", "documents"}:
        return f"{field}-group"
    return f"id_{field}_0" if field in {"opens_at", "deadline", "published_at"} else f"id_{field}"


def moment_of(call):
    """Since or until when a call is what it is; None for a draft."""
    return call.withdrawn_at if call.publication == Publication.WITHDRAWN else call.published_at


def state_text(call):
    texts = {
        Publication.DRAFT: _("Draft: only staff can see it."),
        Publication.SCHEDULED: _("Scheduled for %(at)s"),
        Publication.PUBLISHED: _("Published on %(at)s"),
        Publication.WITHDRAWN: _("Withdrawn on %(at)s"),
    }
    at = moment_of(call)
    return texts[call.publication] % {"at": said(at)} if at else texts[call.publication]
