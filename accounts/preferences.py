"""Which mails somebody wants and when, what the next one would hold, and what was sent."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import notices
from accounts.messages import GIVEN_UP_AFTER
from accounts.models import REMINDER_DAYS, Message, User
from accounts.unsubscribe import SWITCHES
from accounts.views import safe_next

LAST = 20
DAYS = [
    (days, ngettext_lazy("%(days)s day before", "%(days)s days before", days) % {"days": days})
    for days in REMINDER_DAYS
]


class PreferencesForm(forms.ModelForm):
    reminder_days = forms.TypedMultipleChoiceField(
        choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = User
        fields = ["digest", "tells_changes", "remind_of", "reminder_days", "tells_next_editions"]
        widgets = {"digest": forms.RadioSelect, "remind_of": forms.RadioSelect}

    def clean_reminder_days(self):
        """Each day once, the earliest reminder first."""
        return sorted(set(self.cleaned_data["reminder_days"]), reverse=True)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("remind_of", User.RemindOf.OFF) != User.RemindOf.OFF and cleaned.get("reminder_days") == []:
            self.add_error("reminder_days", _("Choose at least one moment, or choose no reminders at all."))
        return cleaned

    def keep(self):
        """Writes these columns alone: a digest that goes out meanwhile writes others."""
        User.objects.filter(pk=self.instance.pk).update(**self.cleaned_data)
        off = {kind for kind, switch in SWITCHES.items() if self.cleaned_data[switch.field] == switch.off}
        Message.objects.drop(self.instance, off)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request):
    posted = request.method == "POST"
    form = PreferencesForm(request.POST if posted else None, instance=request.user)
    if form.is_valid():
        form.keep()
        messages.success(request, _("Your preferences are saved."))
        return redirect("preferences")
    context = {"form": form, "notices": last_notices(request.user)}
    return render(request, "preferences/preferences.html", context, status=400 if posted else 200)


def last_notices(user):
    """The last things told to a user, with the call and the mail of each."""
    rows = user.notices.select_related("call", "message").order_by("-created_at", "-pk")
    shown = ["call__title", "call__title_language", "call__slug", "call__published_at", "call__withdrawn_at"]
    return rows.only("kind", "created_at", "message__sent_at", "message__failed_at", *shown)[:LAST]


@login_required
@never_cache
@require_safe
def digest_preview(request):
    context = {"entries": notices.preview(request.user), "day": notices.next_digest_on(request.user, timezone.now())}
    return render(request, "preferences/digest_preview.html", context)


@login_required
@never_cache
@require_POST
def retry_address(request):
    """Somebody says that their address takes mail again."""
    User.objects.filter(pk=request.user.pk).update(bounced_at=None, bounce="")
    recent = request.user.messages.filter(failed_at__gt=timezone.now() - GIVEN_UP_AFTER)
    recent.update(failed_at=None, due_at=timezone.now())
    messages.success(request, _("From now on we send mail to %(email)s again.") % {"email": request.user.email})
    return redirect(safe_next(request, request.POST) or "preferences")
