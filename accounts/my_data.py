"""What the site holds of somebody: to see, to take along, and to delete at once."""

from datetime import datetime

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from reversion.models import Revision

from accounts.audit import AuditEvent, record
from accounts.models import CallChoice, Follow, Message, Notice, SavedSearch, User
from calls.linked_data import moment
from calls.models import Proposal

ACCOUNT = ["email", "first_name", "last_name", "date_joined", "last_login", "is_active", "is_staff", "is_superuser"]
PREFERENCES = ["digest", "remind_of", "reminder_days", "tells_changes", "tells_next_editions"]
MAIL = ["digest_on", "told_until", "bounced_at", "bounce"]


# What there is -------------------------------------------------------------------------------------------------------


def mails_to(user):
    """Also those of the account itself, which are known by their address alone; never those to another user."""
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return Message.objects.filter(Q(user=user) | Q(user=None, recipient__in=[user.email, *verified]))


def log_about(user):
    """What the editors' desk wrote down about the account itself."""
    account = ContentType.objects.get_for_model(User)
    return LogEntry.objects.filter(content_type=account, object_id=str(user.pk))


# Each part of the file: its name, the rows, the columns and what they are called.
CALL = {"call": "call__title", "slug": "call__slug"}
PARTS = {
    "email_addresses": (
        lambda user: EmailAddress.objects.filter(user=user),
        {"email": "email", "verified": "verified", "primary": "primary"},
    ),
    "second_factors": (
        lambda user: Authenticator.objects.filter(user=user),
        {"type": "type", "created_at": "created_at", "last_used_at": "last_used_at"},
    ),
    "sessions": (
        lambda user: UserSession.objects.filter(user=user),
        {"ip": "ip", "browser": "user_agent", "since": "created_at", "last_seen_at": "last_seen_at"},
    ),
    "followed_themes": (
        lambda user: Follow.objects.filter(user=user),
        {"theme": "theme__name", "since": "created_at"},
    ),
    "choices_about_calls": (
        lambda user: CallChoice.objects.filter(user=user),
        {"kind": "kind"} | CALL | {"reminder_days": "reminder_days", "since": "created_at"},
    ),
    "saved_searches": (
        lambda user: SavedSearch.objects.filter(user=user),
        {"name": "name", "filters": "state", "since": "created_at"},
    ),
    "notices": (
        lambda user: Notice.objects.filter(user=user),
        {"kind": "kind"} | CALL | {"about": "about", "told_at": "created_at"},
    ),
    "mails": (
        mails_to,
        {"to": "recipient", "subject": "subject", "written_at": "created_at", "attempts": "attempts"}
        | {"sent_at": "sent_at", "failed_at": "failed_at", "error": "error"},
    ),
    "log_by_you": (
        lambda user: LogEntry.objects.filter(user=user),
        {"at": "action_time", "what": "action_flag", "of": "object_repr", "changed": "change_message"},
    ),
    "versions_by_you": (
        lambda user: Revision.objects.filter(user=user),
        {"at": "date_created", "comment": "comment"},
    ),
    "decisions_by_you": (
        lambda user: Proposal.objects.filter(decided_by=user),
        {"at": "decided_at", "decision": "decision", "record": "record__identifier", "field": "field"},
    ),
    "log_about_you": (log_about, {"at": "action_time", "what": "action_flag", "changed": "change_message"}),
    "account_events": (
        lambda user: AuditEvent.objects.filter(user=user),
        {"at": "at", "what": "kind", "detail": "detail"},
    ),
    "account_events_by_you": (
        lambda user: AuditEvent.objects.filter(by=user),
        {"at": "at", "what": "kind", "detail": "detail"},
    ),
}


def held_of(user):
    """Everything as one JSON object; moments are ISO 8601 on the Belgian clock."""
    about = {
        "made_at": moment(now()),
        "account": values(user, ACCOUNT)
        | {"groups": [group.name for group in user.groups.all()]}
        | {"rights": [str(right) for right in user.user_permissions.select_related("content_type")]}
        | {"has_password": user.has_usable_password(), "has_private_addresses": bool(user.private_key)},
        "preferences": values(user, PREFERENCES),
        "mail": values(user, MAIL),
    }
    return about | {name: part(user, *source) for name, source in PARTS.items()}


def part(user, rows, columns):
    """The rows of one part as objects."""
    found = rows(user).order_by("pk").values_list(*columns.values())
    return [{name: plain(value) for name, value in zip(columns, row, strict=True)} for row in found.iterator()]


def values(user, names):
    return {name: plain(getattr(user, name)) for name in names}


def plain(value):
    return moment(value) if isinstance(value, datetime) else value


def numbers(user):
    """{part: how many rows of it there are}."""
    return {name: rows(user).count() for name, (rows, _columns) in PARTS.items()}


# The pages -----------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def my_data(request):
    return render(request, "my_data/my_data.html", {"numbers": numbers(request.user)})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_data_download(request):
    """Also a GET is written down: it is what a link asks, and somebody else may be at this browser."""
    if request.method != "HEAD":
        record(AuditEvent.Kind.DOWNLOADED, pk=request.user.pk)
    disposition = f'attachment; filename="vleva-mijn-gegevens-{localdate():%Y-%m-%d}.json"'
    return JsonResponse(
        held_of(request.user),
        headers={"Content-Disposition": disposition},
        json_dumps_params={"indent": 2, "ensure_ascii": False},
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def delete_account(request):
    """The page is seen, and the button counts, only shortly after the password or second factor was given."""
    if request.method != "POST":
        return render(request, "my_data/delete_account.html", {"refused": is_last_superuser(request.user)})
    if not erase(request.user):
        return redirect("delete-account")
    record(AuditEvent.Kind.DELETED, detail=_("by themself"))
    request.user = AnonymousUser()  # who is gone does not log out
    logout(request)
    messages.success(request, _("Your account is deleted, with everything we held of it."))
    return redirect("home")


# Deleting ------------------------------------------------------------------------------------------------------------


def is_last_superuser(user):
    return (
        user.is_superuser and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists()
    )


@transaction.atomic
def erase(user):
    """Deletes a user and all that is held of them. False, and nothing is done, for the last superuser.

    The locks keep two superusers from going at once, and new rows of this user from coming in between.
    """
    list(User.objects.filter(Q(pk=user.pk) | Q(is_superuser=True)).order_by("pk").select_for_update())
    if is_last_superuser(user):
        return False
    Session.objects.filter(session_key__in=UserSession.objects.filter(user=user).values("session_key")).delete()
    mails_to(user).delete()
    log_about(user).delete()
    User.objects.filter(pk=user.pk).delete()
    return True
