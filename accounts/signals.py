"""What is told only by signal: somebody signed up (allauth), has logged in (allauth), deletes a theme (Django)."""

from allauth.account.signals import user_logged_in, user_signed_up
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from accounts.following import KEY, keep_choice
from funds.models import Theme


@receiver(user_signed_up)
def keep_choice_at_signup(request, user, **kwargs):
    """Before the e-mail is confirmed: the confirmation may happen in another browser."""
    keep_choice(request.session, user)


@receiver(user_logged_in)
def merge_choice_at_login(request, user, **kwargs):
    """After every stage of the log-in, the second factor included."""
    keep_choice(request.session, user)
    request.session.pop(KEY, None)


@receiver(pre_delete, sender=Theme)
def let_nobody_follow_meanwhile(instance, **kwargs):
    """Locks the theme before its followers go: one who came in between would make the deletion fail on PostgreSQL."""
    Theme.objects.select_for_update().filter(pk=instance.pk).first()
