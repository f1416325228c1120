"""What is told only by signal: what people do with their account (allauth), that a theme or call goes (Django)."""

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import (
    email_changed,
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
    user_signed_up,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib import messages
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit import AuditEvent, record
from accounts.following import KEY, keep_choice
from accounts.models import User, UserManager
from accounts.saving import KEYS, SEARCHES, keep_saved
from calls.models import Call
from funds.models import Theme


@receiver(user_signed_up)
def keep_choice_at_signup(request, user, **kwargs):
    """Before the e-mail is confirmed: the confirmation may happen in another browser."""
    keep_choice(request.session, user)
    keep_saved(request.session, user)


@receiver(user_logged_in)
def merge_choice_at_login(request, user, **kwargs):
    """After every stage of the log-in, the second factor included."""
    keep_choice(request.session, user)
    if not keep_saved(request.session, user):
        messages.warning(request, _("Your account is full: not everything that you saved could be added to it."))
    chosen = [request.session.pop(key, None) for key in (KEY, SEARCHES, *KEYS.values())]
    if any(chosen):
        messages.success(request, _("What you chose before you logged in is now kept in your account."))


@receiver(pre_delete, sender=Call)
@receiver(pre_delete, sender=Theme)
def let_nobody_follow_meanwhile(sender, instance, **kwargs):
    """Locks the row before its followers go: one who came in between would make the deletion fail on PostgreSQL."""
    list(sender.objects.select_for_update().filter(pk=instance.pk).values_list("pk"))


@receiver(email_changed)
def start_anew_with_the_new_address(user, to_email_address, **kwargs):
    """What the old address refused says nothing of the new one, and what still waits goes there."""
    User.objects.filter(pk=user.pk).update(bounced_at=None, bounce="")
    user.messages.waiting().update(recipient=to_email_address.email)


# The audit log -------------------------------------------------------------------------------------------------------

Kind = AuditEvent.Kind
FACTORS = {
    Authenticator.Type.TOTP: gettext_lazy("authenticator app"),
    Authenticator.Type.RECOVERY_CODES: gettext_lazy("recovery codes"),
    Authenticator.Type.WEBAUTHN: gettext_lazy("security key or passkey"),
}
METHODS = FACTORS | {"password": gettext_lazy("password"), "code": gettext_lazy("mailed code")}


@receiver(user_logged_in)
def record_login(request, user, **kwargs):
    """With the ways that the log-in went, such as password and authenticator app."""
    ways = [METHODS.get(one.get("type") or one["method"]) for one in get_authentication_records(request, user)]
    record(Kind.LOGGED_IN, pk=user.pk, detail=", ".join(str(way) for way in dict.fromkeys(ways) if way))


@receiver(user_logged_out)
def record_logout(user, **kwargs):
    if user:
        record(Kind.LOGGED_OUT, pk=user.pk)


@receiver(user_login_failed)
def record_wrong_password(credentials, **kwargs):
    record(Kind.WRONG_PASSWORD, email=UserManager.normalize_email(credentials.get("email")))


@receiver([password_changed, password_set])
def record_password(user, **kwargs):
    record(Kind.PASSWORD, pk=user.pk)


@receiver(password_reset)
def record_reset(user, **kwargs):
    record(Kind.PASSWORD, pk=user.pk, detail=_("by a mailed link"))


@receiver(email_changed)
def record_email(user, from_email_address, **kwargs):
    """Not the confirmation of the first one."""
    if from_email_address:
        record(Kind.EMAIL, pk=user.pk)


@receiver([authenticator_added, authenticator_reset])
def record_new_factor(user, authenticator, **kwargs):
    record(Kind.FACTOR_ADDED, pk=user.pk, detail=FACTORS.get(authenticator.type, authenticator.type))


@receiver(authenticator_removed)
def record_lost_factor(user, authenticator, **kwargs):
    record(Kind.FACTOR_REMOVED, pk=user.pk, detail=FACTORS.get(authenticator.type, authenticator.type))
