"""The audit log: who logged in or failed to, and what changed in the ways into an account.

It holds no address, neither of a person nor of a computer, and what is left of it when an account goes names nobody.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    class Kind(models.TextChoices):
        LOGGED_IN = "login", _("logged in")
        LOGGED_OUT = "logout", _("logged out")
        WRONG_PASSWORD = "wrong password", _("wrong e-mail address or password")
        WRONG_CODE = "wrong code", _("wrong mailed code")
        WRONG_FACTOR = "wrong factor", _("wrong second factor or passkey")
        LOCKED = "locked", _("refused after too many attempts")
        PASSWORD = "password", _("password changed")
        EMAIL = "email", _("e-mail address changed")
        FACTOR_ADDED = "factor added", _("second factor added")
        FACTOR_REMOVED = "factor removed", _("second factor removed")
        RIGHTS = "rights", _("rights changed")
        DOWNLOADED = "download", _("own data downloaded")
        DELETED = "deleted", _("account deleted")

    at = models.DateTimeField(_("when"), default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="audit_events",
        verbose_name=_("account"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="audit_events_by",
        verbose_name=_("by"),
        help_text="The colleague who did it to somebody else's account.",
    )
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("event of an account")
        verbose_name_plural = _("log-ins and changes of accounts")
        indexes = [models.Index(fields=["-at"], name="audit_event_newest")]

    def __str__(self):
        return f"{self.get_kind_display()} (#{self.user_id})"


def record(kind, *, by=None, detail="", **account):
    """Writes an event in one query, once what it is about is committed. If that fails, only the log says so.

    `account` tells it as a filter does (pk=1, email="…"); without one, or where there is none, it stays empty. The
    same statement looks for it: a log-in that fails takes as long whether there is such an account or not.
    """
    event = AuditEvent(kind=kind, detail=str(detail)[:200])
    event.user_id = primary_key(**account) if account else None
    event.by_id = primary_key(pk=by.pk) if by else None
    transaction.on_commit(event.save, robust=True)


def primary_key(**account):
    return Subquery(get_user_model().objects.filter(**account).order_by().values("pk")[:1])
