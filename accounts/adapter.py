from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError

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
