"""Two editors on one call: the second to save sees first what the other changed, and loses nothing of the own text."""

from dataclasses import dataclass

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from reversion.models import Version

from calls.changes import locked
from calls.desk.differences import Difference, differences
from calls.desk.merging import Merge, number
from calls.desk.roles import RolesAdmin
from calls.desk.versions import ROWS, base_of, fingerprint, stored_state, versioned, versions_of
from calls.models import Call

READING = ("GET", "HEAD", "OPTIONS")
SAVING = {"_save", "_continue", "_addanother"}


@dataclass
class Conflict:
    """What happened to a call between the form and its sending."""

    versions: list[Version]  # the newest first
    differences: list[Difference]
    known: bool  # whether it is known what the form was made from
    files: list[str]  # names of what must be chosen anew


class ConflictsAdmin(RolesAdmin):
    """The form carries the fingerprint of what it was made from."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method in READING:
            # Before the page reads the call: what it shows can only be newer.
            state = stored_state(pk) if (pk := number(unquote(object_id or ""))) else None
            request.made_from = state and fingerprint(state)
            return super().changeform_view(request, object_id, form_url, extra_context)
        with versioned(request.user):
            if object_id and self.was_deleted(request, object_id):
                return self.gone_page(request)
            if object_id:
                self.meet_others(request, object_id)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def was_deleted(self, request, object_id):
        pk = number(unquote(object_id))
        return pk and self.has_change_permission(request) and stored_state(pk) is None and versions_of(pk).exists()

    def gone_page(self, request):
        """Everything that was typed for a call that was deleted meanwhile, to copy."""
        context = self.admin_site.each_context(request) | {"opts": self.opts, "typed": typed(request.POST)}
        context |= {"title": _("This call was deleted while you were working on it")}
        context |= {"module_name": capfirst(self.opts.verbose_name_plural)}
        return TemplateResponse(request, "admin/calls/call/gone.html", context, status=410)

    def meet_others(self, request, object_id):
        """Nobody else saves this call until the transaction ends; what others saved before is merged into the form."""
        call = self.get_object(request, unquote(object_id))
        if call is None or not self.sends_form(request) or locked(call) is None:
            return
        call = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, call):
            return
        now = stored_state(call.pk)
        made_from, request.made_from = request.POST.get("made_from", ""), fingerprint(now)
        if made_from != request.made_from:
            self.merge_newer(request, call, made_from, now)

    def sends_form(self, request):
        """Not an action that was chosen on the form's page."""
        return "CHANGE_FORM-action" not in request.POST or bool(SAVING & request.POST.keys())

    def merge_newer(self, request, call, made_from, now):
        base, since = base_of(call.pk, made_from)
        pairs = self.get_formsets_with_inlines(request, call)
        formsets = {formset.get_default_prefix(): formset for formset, _inline in pairs}
        formsets = {name: formsets[name] for name in ROWS if name in formsets}
        merge = Merge(request.POST, self.get_form(request, call, change=True), formsets, base or now, now)
        found = differences(base, now) if base else []
        for one in found:
            one.mine = one.field in merge.mine
            for row in one.rows:
                row.mine = (one.field, row.pk) in merge.mine
        files = [file.name for name in request.FILES for file in request.FILES.getlist(name)]
        request.conflict = Conflict(since if base else since[:1], found, base is not None, files)
        request.FILES.clear()
        request.POST = merge.data

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        return refusing(form) if hasattr(request, "conflict") else form

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["conflict"] = getattr(request, "conflict", None)
        context["made_from"] = getattr(request, "made_from", None)
        return super().render_change_form(request, context, add, change, form_url, obj)


def typed(data):
    """[(name of the field, text)] of what a form held, its rows too; not what was chosen from a list."""
    found = []
    for key, text in data.items():
        rows, name = key.split("-")[0] if "-" in key else "", key.split("-")[-1]
        model = ROWS.get(rows) if rows else Call
        name = name.removesuffix("_0").removesuffix("_1")
        known = {field.name: field for field in model._meta.fields} if model else {}
        if name in known and text.strip() and name not in ("id", "call", "order") and not known[name].related_model:
            of = [model._meta.verbose_name] if rows else []
            found.append((capfirst(" · ".join(map(str, [*of, known[name].verbose_name]))), text))
    return found


def refusing(form):
    """The form, which is not saved before its editor has seen what others changed."""

    class Refusing(form):
        def clean(self):
            super().clean()
            raise ValidationError(_("Not saved yet: this call was changed while you were working on it."))

    return Refusing
