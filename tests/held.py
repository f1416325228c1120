"""A row of everything that the site can hold of somebody."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from reversion.models import Revision

from accounts.models import AuditEvent, CallChoice, Follow, Message, Notice, SavedSearch
from calls.models import Call, Proposal, Record
from funds.models import Theme
from tests.factories import CallFactory, EditorFactory, ThemeFactory


def entry(by, about, message="", flag=CHANGE):
    return LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(about),
        object_id=str(about.pk),
        object_repr=str(about),
        action_flag=flag,
        change_message=message,
    )


def fill(user):
    """A row of everything that can refer to a user."""
    theme = Theme.objects.filter(name="Migratie").first() or ThemeFactory(name="Migratie")
    call = Call.objects.filter(slug="taal").first() or CallFactory(title="Taal", slug="taal")
    Follow.objects.create(user=user, theme=theme)
    CallChoice.objects.create(user=user, call=call, kind="saved", reminder_days=[7])
    SavedSearch.objects.create(user=user, name="Alles over taal", state="q=taal")
    message = Message.objects.create(user=user, recipient=user.email, subject="Nieuw", content=b"GEHEIME INHOUD")
    Message.objects.create(recipient=user.email, subject="Uw inlogcode", content=b"GEHEIME CODE", attempts=1)
    Notice.objects.create(user=user, call=call, kind="reminder", about="2026-03-16 14", message=message)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "GEHEIM"})
    UserSession.objects.create(user=user, ip="192.0.2.7", user_agent="Firefox", session_key=f"geheim{user.pk}")
    user.groups.add(Group.objects.get_or_create(name="Lezers")[0])
    user.user_permissions.add(Permission.objects.get(codename="view_call"))
    entry(user, call, "Titel gewijzigd.")
    Revision.objects.create(user=user, date_created=call.created_at, comment="Titel gewijzigd.")
    record = Record.objects.create(identifier=f"AMIF-{user.pk}", language="nl", raw={}, call=call)
    Proposal.objects.create(record=record, kind="gone", decision="kept", decided_at=call.created_at, decided_by=user)
    entry(EditorFactory(), user, "Tweede stap verwijderd.")
    at = call.created_at
    AuditEvent.objects.create(at=at, user=user, by=EditorFactory(), kind="rights", detail="+ VLEVA-lezers")
    AuditEvent.objects.create(at=at, user=EditorFactory(), by=user, kind="password")
