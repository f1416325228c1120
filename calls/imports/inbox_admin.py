"""The inbox: every difference with the EU portal, to decide one by one or many at once."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from calls.desk.bulk import MOST_CALLS
from calls.imports import inbox
from calls.imports.admin import call_link
from calls.imports.fields import FIELDS, choices, name_of
from calls.imports.models import Proposal
from calls.imports.showing import difference
from calls.models import Call
from portal.admin import ContentAdmin
from portal.templatetags.portal import day

# {decision in the form: (its button, what does it)}
DECISIONS = {
    "accept": (gettext_lazy("Accept"), inbox.accept),
    "keep": (gettext_lazy("Keep ours"), inbox.keep_ours),
    "never": (gettext_lazy("Never ask again"), inbox.never_ask),
}
MOST_PROPOSALS = 5_000  # more than so many calls have fields
SHOWN = 20  # proposals that the question before deciding shows, and refusals after it


class DecisionFilter(admin.SimpleListFilter):
    title = gettext_lazy("decision")
    parameter_name = "decision"

    def lookups(self, request, model_admin):
        return [("open", gettext_lazy("Undecided")), *Proposal.Decision.choices, ("all", gettext_lazy("All"))]

    def value(self):
        return super().value() or "open"

    def choices(self, changelist):
        """Without the entry that shows all when nothing is chosen: that is what is open."""
        _all, *own = super().choices(changelist)
        return own

    def queryset(self, request, queryset):
        if self.value() in Proposal.Decision:
            return queryset.filter(decision=self.value())
        return queryset if self.value() == "all" else queryset.open()


class FieldFilter(admin.SimpleListFilter):
    title = gettext_lazy("field")
    parameter_name = "field"

    def lookups(self, request, model_admin):
        """Those that somebody was ever asked about."""
        asked = set(model_admin.model.objects.order_by().values_list("field", flat=True).distinct())
        return [(field, name) for field, name in choices() if field in asked]

    def queryset(self, request, queryset):
        return queryset.filter(field=self.value()) if self.value() in FIELDS else queryset


@admin.register(Proposal)
class ProposalAdmin(ContentAdmin):
    list_display = ["the_call", "what", "difference_and_buttons"]
    list_display_links = None
    list_filter = [DecisionFilter, "kind", FieldFilter]
    search_fields = ["record__identifier", "record__call__title"]
    ordering = ["record__identifier", "record", "pk"]
    fields = ["the_call", "what", "difference", "decided"]
    readonly_fields = ["the_call", "what", "difference", "decided"]
    actions = ["accept_all", "keep_all", "never_all"]

    def get_queryset(self, request):
        long = [f"record__call__{name}" for name in Call.long_texts()]
        rows = (
            super()
            .get_queryset(request)
            .select_related("record__call", "decided_by")
            .prefetch_related("record__call__budgets")
        )
        return rows.defer("record__raw", "record__taken", "record__declined", *long)

    # Decided here, never edited.

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return obj is None and super().has_change_permission(request)

    def get_list_display(self, request):
        """Only who may decide sees the buttons."""
        own = super().get_list_display(request)
        return own if self.has_change_permission(request) else ["the_call", "what", "difference", "decided"]

    # The columns -----------------------------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("call"), ordering="record__identifier")
    def the_call(self, proposal):
        code = proposal.record.identifier
        return format_html("{}<br><small>{}</small>", call_link(proposal.record.call), code)

    @admin.display(description=gettext_lazy("what"), ordering="kind")
    def what(self, proposal):
        field = format_html(": <strong>{}</strong>", name_of(proposal.field)) if proposal.field else ""
        kind = proposal.get_kind_display()
        return format_html("{}{}<br><small>{}</small>", kind, field, day(proposal.proposed_at))

    @admin.display(description=gettext_lazy("ours → the portal's"))
    def difference(self, proposal):
        return difference(proposal)

    @admin.display(description=gettext_lazy("decision"))
    def decided(self, proposal):
        if not proposal.decision:
            return _("undecided")
        return f"{proposal.get_decision_display()} ({proposal.decided_by or '-'})"

    @admin.display(description=gettext_lazy("ours → the portal's"))
    def difference_and_buttons(self, proposal):
        return format_html("{}{}", difference(proposal), self.buttons(proposal))

    def buttons(self, proposal):
        if proposal.decision:
            return format_html("<p>{}</p>", self.decided(proposal))
        about = inbox.about(proposal)
        offered = ((key, proposal.pk, name, about, name) for key, (name, _does) in decisions_for(proposal).items())
        html = '<button type="submit" class="button" name="one" value="{} {}" aria-label="{}: {}">{}</button>'
        return format_html('<div class="decisions">{}</div>', format_html_join(" ", html, offered))

    # Deciding --------------------------------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Accept"), permissions=["change"])
    def accept_all(self, request, queryset):
        return self.ask(request, "accept", queryset)

    @admin.action(description=gettext_lazy("Keep ours"), permissions=["change"])
    def keep_all(self, request, queryset):
        return self.ask(request, "keep", queryset)

    @admin.action(description=gettext_lazy("Never ask again"), permissions=["change"])
    def never_all(self, request, queryset):
        return self.ask(request, "never", queryset)

    def changelist_view(self, request, extra_context=None):
        """The buttons of a row and the answer to the question come back to the list, with its filters."""
        sent = request.POST if request.method == "POST" else {}
        if not {"one", "decision"} & sent.keys():
            title = {"title": capfirst(self.opts.verbose_name_plural)}
            return super().changelist_view(request, title | (extra_context or {}))
        if not self.has_change_permission(request):
            raise PermissionDenied
        decision, _space, numbers = sent.get("one", f"{sent.get('decision')} {sent.get('proposals')}").partition(" ")
        pks = [int(part) for part in numbers.split(",") if part.isascii() and part.isdigit() and len(part) < 19]
        pks = pks[:MOST_PROPOSALS]
        if decision not in DECISIONS or not pks:
            messages.warning(request, _("Nothing was chosen."))
            return HttpResponseRedirect(request.get_full_path())
        proposals = self.get_queryset(request).filter(pk__in=pks)
        return self.decide(request, decision, pks) if "decision" in sent else self.ask(request, decision, proposals)

    def ask(self, request, decision, queryset):
        """What will come of it, before it does."""
        undecided = queryset.open()
        if not undecided.exists():
            messages.info(request, _("This was decided already, or it is no difference any more."))
            return HttpResponseRedirect(request.get_full_path())
        if self.too_many(request, undecided):
            return HttpResponseRedirect(request.get_full_path())
        name, _does = DECISIONS[decision]
        context = self.admin_site.each_context(request) | {
            "title": name,
            "opts": self.opts,
            "decision": decision,
            "size": size_of(undecided),
            "proposals": ",".join(str(pk) for pk in undecided.order_by("pk").values_list("pk", flat=True)),
            "examples": [(inbox.about(one), difference(one)) for one in undecided[:SHOWN]],
            "back": request.get_full_path(),
        }
        context |= {f"some_{kind}": undecided.filter(kind=kind).exists() for kind in Proposal.Kind}
        context["more"] = context["proposals"].count(",") + 1 - len(context["examples"])
        return TemplateResponse(request, "admin/calls/proposal/decide.html", context)

    def too_many(self, request, proposals):
        """Says so. A page waits for the answer."""
        if inbox.numbers(proposals)["calls"] <= MOST_CALLS:
            return False
        text = _("Choose at most %(most)s calls at once; a filter helps.") % {"most": MOST_CALLS}
        self.message_user(request, text, messages.ERROR)
        return True

    def decide(self, request, decision, pks):
        _name, does = DECISIONS[decision]
        if not self.too_many(request, Proposal.objects.filter(pk__in=pks)):
            outcome = does([Proposal(pk=pk) for pk in pks], request.user)
            for level, text in told(outcome):
                self.message_user(request, text, level)
        return HttpResponseRedirect(request.get_full_path())


def decisions_for(proposal):
    """Those that make sense: a new call has nothing of ours to keep."""
    new = proposal.kind == Proposal.Kind.NEW
    return {key: value for key, value in DECISIONS.items() if not (new and key == "keep")}


def size_of(proposals):
    """How many calls and fields these are about, in words."""
    numbers = inbox.numbers(proposals)
    calls = ngettext("%(n)s call", "%(n)s calls", numbers["calls"]) % {"n": numbers["calls"]}
    fields = ngettext("%(n)s field", "%(n)s fields", numbers["fields"]) % {"n": numbers["fields"]}
    return f"{calls}, {fields}" if numbers["fields"] else calls


def told(outcome):
    """(level, text) for the editor."""
    if done := len(outcome.decided):
        yield messages.SUCCESS, ngettext("%(n)s decided.", "%(n)s decided.", done) % {"n": done}
    for proposal, reason in outcome.refused[:SHOWN]:
        yield messages.WARNING, f"{inbox.about(proposal)}: {reason}"
    if (more := len(outcome.refused) - SHOWN) > 0:
        yield messages.WARNING, _("Refused for the same kind of reasons: %(n)s more.") % {"n": more}
    if outcome.lost:
        yield messages.INFO, _("Decided already, or no difference any more: %(n)s.") % {"n": outcome.lost}
