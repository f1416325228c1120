"""Unsubscribing with one click (RFC 8058): a signed link that stops one kind of mail or all, or starts it again.

Whoever holds the link needs no log-in and gets no right but over these mails; it shows the address only in part.
"""

from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Message, Notice, User


class Switch(NamedTuple):
    """The preference behind a kind of mail."""

    field: str
    off: str | bool
    on: str | bool
    name: Promise

    def is_on(self, user):
        return getattr(user, self.field) != self.off


SWITCHES = {
    Notice.Kind.NEW: Switch("digest", User.Digest.OFF, User.Digest.WEEKLY, _("the mail with new calls")),
    Notice.Kind.CHANGE: Switch("tells_changes", False, True, _("the mail about changes in calls that you follow")),
    Notice.Kind.REMINDER: Switch(
        "remind_of", User.RemindOf.OFF, User.RemindOf.ALL, _("the reminders of deadlines that come near")
    ),
    Notice.Kind.NEXT_EDITION: Switch(
        "tells_next_editions", False, True, _("the mail about the next edition of a call")
    ),
}


# The link ------------------------------------------------------------------------------------------------------------


def signer():
    return Signer(salt="accounts.unsubscribe", sep=".")


def address(user, kind):
    """The absolute address of the page that stops this kind of mail; it never expires."""
    token = signer().sign(f"{user.pk}-{Notice.Kind(kind).value}")
    return f"{settings.SITE_URL}{reverse('unsubscribe', args=[token])}"


def headers(user, kind):
    """What a mail of this kind says to mail programs, so that they can show a button of their own."""
    return {
        "List-Unsubscribe": f"<{address(user, kind)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def read(token):
    """The (user, kind) that a link is about; (None, None) where we did not make it or the user is gone."""
    try:
        pk, kind = signer().unsign(token).split("-")
    except BadSignature:
        return None, None
    return User.objects.filter(pk=pk).first(), kind


# The page ------------------------------------------------------------------------------------------------------------


@csrf_exempt  # mail programs post without a cookie
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token):
    """GET shows what would stop, POST stops it. No redirect: mail programs follow none."""
    user, kind = read(token)
    if user is None:
        return kept_apart(render(request, "unsubscribe.html", status=404))
    done = act(request.POST, user, kind) if request.method == "POST" else ""
    user.refresh_from_db()
    switch = SWITCHES[kind]
    context = {
        "masked": masked(user.email),
        "name": switch.name,
        "how": dict(User._meta.get_field(switch.field).flatchoices).get(getattr(user, switch.field)),
        "is_on": switch.is_on(user),
        "any_on": any(one.is_on(user) for one in SWITCHES.values()),
        "before": request.POST.get("before") or getattr(user, switch.field),
        "done": done,
    }
    return kept_apart(render(request, "unsubscribe.html", context))


def act(data, user, kind):
    """Doing it twice is the same as doing it once. What says nothing else, as mail programs do, stops the mail."""
    if data.get("all") == "yes":
        switch_off(user, SWITCHES)
        return "all stopped"
    if data.get("on") == "yes":
        switch_on(user, SWITCHES[kind], data.get("before"))
        return "started"
    switch_off(user, [kind])
    return "stopped"


def switch_off(user, kinds):
    """What waits in the outbox goes no more either."""
    User.objects.filter(pk=user.pk).update(**{SWITCHES[kind].field: SWITCHES[kind].off for kind in kinds})
    Message.objects.drop(user, kinds)


def switch_on(user, switch, before):
    """As it was before, if the page knows; nothing changes where it is on already."""
    choices = dict(User._meta.get_field(switch.field).flatchoices)
    value = before if before in choices and before != switch.off else switch.on
    User.objects.filter(pk=user.pk, **{switch.field: switch.off}).update(**{switch.field: value})


def kept_apart(response):
    """The address is a secret: it goes to no other site and into no search engine."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def masked(email):
    """Enough for its owner to know it: l…@example.org."""
    name, domain = email.rsplit("@", 1)
    return f"{name[:1]}…@{domain}"
