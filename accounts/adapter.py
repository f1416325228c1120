from allauth.account.adapter import DefaultAccountAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.audit import AuditEvent, record
from accounts.models import UserManager


class AccountAdapter(DefaultAccountAdapter):
    """allauth's, which also writes down that an address was tried too often: no signal tells it."""

    def pre_authenticate(self, request, **credentials):
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            record(AuditEvent.Kind.LOCKED, email=UserManager.normalize_email(credentials.get("email")))
            raise


class SessionsAdapter(DefaultUserSessionsAdapter):
    """allauth's, which also writes down who ended their sessions in other browsers."""

    def end_sessions(self, sessions):
        super().end_sessions(sessions)
        for session in sessions:
            record(AuditEvent.Kind.LOGGED_OUT, pk=session.user_id, detail=_("in another browser"))
