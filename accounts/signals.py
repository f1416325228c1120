"""What is told only by signal: somebody signed up or logged in (allauth), deletes a theme or a call (Django)."""

from allauth.account.signals import email_changed, user_logged_in, user_signed_up
from django.contrib import messages
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _

from accounts.following import KEY, keep_choice
from accounts.models import User
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
