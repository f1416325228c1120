"""How long what is kept: the table on /privacy/ shows these numbers."""

from datetime import timedelta
from itertools import batched

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import AuditEvent, record
from accounts.models import Message, Notice, User
from accounts.my_data import erase
from calls.models import Call
from portal.turns import in_turns

UNCONFIRMED = timedelta(days=30)
SENT = timedelta(days=30)
FAILED = timedelta(days=90)
TOLD = timedelta(days=2 * 365)
AUDITED = timedelta(days=365)
AT_ONCE = 1_000


def tidy(now=None):
    """Removes what has been kept long enough at an aware moment. Gives {what: how many rows}."""
    now = now or timezone.now()
    return {
        "accounts never confirmed": remove_unconfirmed(now),
        "expired sessions": remove_sessions(now),
        "sent mails": remove(Message.objects.filter(sent_at__lt=now - SENT)),
        "failed mails": remove(Message.objects.filter(failed_at__lt=now - FAILED)),
        "notices": remove(old_notices(now)),
        "events of accounts": remove(AuditEvent.objects.filter(at__lt=now - AUDITED)),
    }


def unconfirmed(now):
    """The accounts whose address nobody confirmed in time."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    visitors = User.objects.filter(is_staff=False, is_superuser=False)
    return visitors.filter(~Exists(confirmed), date_joined__lt=now - UNCONFIRMED)


def remove_unconfirmed(now):
    removed = 0
    for pk in in_turns(list(unconfirmed(now).order_by("pk").values_list("pk", flat=True))):
        with transaction.atomic():
            # Asked again, under a lock: the address may have been confirmed since this run began.
            user = unconfirmed(now).filter(pk=pk).select_for_update(of=("self",)).first()
            if user and erase(user):
                record(AuditEvent.Kind.DELETED, detail=_("address never confirmed"))
                removed += 1
    return removed


def remove_sessions(now):
    """The expired sessions, and what was noted of where and with what somebody was logged in."""
    removed = remove(Session.objects.filter(expire_date__lt=now))
    running = Session.objects.filter(session_key=OuterRef("session_key"))
    remove(UserSession.objects.filter(~Exists(running)))
    return removed


def old_notices(now):
    """Not those by which we know that somebody was told of a call, as long as that call runs."""
    kinds = [Notice.Kind.NEW, Notice.Kind.NEXT_EDITION]
    running = Notice.objects.filter(kind__in=kinds, call__in=Call.objects.current())
    return Notice.objects.filter(created_at__lt=now - TOLD).exclude(pk__in=running.values("pk"))


def remove(rows):
    """Deletes the rows of a queryset, some at a time, so that nobody waits long for them; how many."""
    removed = 0
    chosen = list(rows.order_by("pk").values_list("pk", flat=True))
    for pks in in_turns(batched(chosen, AT_ONCE, strict=False)):
        _all, numbers = rows.model.objects.filter(pk__in=pks).delete()
        removed += numbers.get(rows.model._meta.label, 0)
    return removed
