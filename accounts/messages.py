from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# After each failed attempt; the last one holds until the mail is given up.
DELAYS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
GIVEN_UP_AFTER = timedelta(days=3)


class MessageQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(sent_at=None, failed_at=None)

    def drop(self, user, kinds):
        """Takes the waiting mails of these kinds of notices out of the outbox: the user wants them no more."""
        self.waiting().filter(user=user, notices__kind__in=list(kinds)).delete()


class Message(models.Model):
    """A mail: written where its cause is written, sent by a worker. Its content goes once it has been sent."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="messages")
    sender = models.CharField(max_length=320)
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=998)
    content = models.BinaryField(help_text="The whole mail as it goes over the wire; empty once it is sent.")
    urgent = models.BooleanField(default=False, help_text="Somebody waits for it: a code, a confirmation.")
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(default=timezone.now, help_text="Not tried before; a claim moves it on.")
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = [
            models.Index(
                fields=["-urgent", "due_at"], condition=Q(sent_at=None, failed_at=None), name="message_waiting"
            ),
            # The mails of an account itself are known by their address alone.
            models.Index(fields=["recipient"], condition=Q(user=None), name="message_of_account"),
        ]

    def __str__(self):
        return self.subject

    @property
    def state(self):
        if self.sent_at:
            return _("sent")
        return _("given up") if self.failed_at else _("waiting")

    # What came of an attempt ----------------------------------------------------------------------------------------

    def record(self, **fields):
        """Here and in the database; nothing where the account was deleted meanwhile, and this mail with it."""
        type(self).objects.filter(pk=self.pk).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)

    def done(self):
        self.record(sent_at=timezone.now(), error="", content=self.content if settings.SHOWS_MAILS else b"")

    def postpone(self, error):
        """Tried again later, each time a little later, until it is three days old."""
        now = timezone.now()
        if now - self.created_at > GIVEN_UP_AFTER:
            self.give_up(error)
        else:
            self.record(due_at=now + DELAYS[min(self.attempts, len(DELAYS)) - 1], error=error[:300])

    def give_up(self, error):
        self.record(failed_at=timezone.now(), error=error[:300])

    def refuse_address(self, error):
        """The address takes no mail: its user gets none until they say that it works again."""
        self.give_up(error)
        users = get_user_model().objects.filter(email__iexact=self.recipient, bounced_at=None)
        users.update(bounced_at=timezone.now(), bounce=error[:300])
