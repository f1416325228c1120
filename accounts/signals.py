"""allauth tells only by signal that somebody signed up or has logged in."""

from allauth.account.signals import user_logged_in, user_signed_up
from django.dispatch import receiver

from accounts.following import KEY, keep_choice


@receiver(user_signed_up)
def keep_choice_at_signup(request, user, **kwargs):
    """Before the e-mail is confirmed: the confirmation may happen in another browser."""
    keep_choice(request.session, user)


@receiver(user_logged_in)
def merge_choice_at_login(request, user, **kwargs):
    """After every stage of the log-in, the second factor included."""
    keep_choice(request.session, user)
    request.session.pop(KEY, None)
