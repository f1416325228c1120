from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.audit import AuditEvent
from accounts.messages import Message
from calls.announcing import last_announcement
from calls.models import Call
from funds.models import Theme

__all__ = ["AuditEvent", "CallChoice", "Follow", "Message", "Notice", "SavedSearch", "User"]

REMINDER_DAYS = [30, 14, 7, 1]


class UserManager(BaseUserManager):
    use_in_migrations = True

    @classmethod
    def normalize_email(cls, email):
        """All in lower case, as allauth stores and looks up the addresses of its own table."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)

    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True} | fields)


def default_reminder_days():
    return [14, 1]


class User(AbstractUser):
    """Somebody who logs in with an e-mail address."""

    class Digest(models.TextChoices):
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every week, on Monday")
        OFF = "off", _("never")

    class RemindOf(models.TextChoices):
        ALL = "all", _("every call that you follow, by theme, search or by itself")
        SAVED = "saved", _("the calls that you saved")
        OFF = "off", _("no call")

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    themes = models.ManyToManyField(Theme, through="Follow", related_name="followers")

    digest = models.CharField(_("mail with new calls"), max_length=10, choices=Digest, default=Digest.WEEKLY)
    remind_of = models.CharField(_("reminders of"), max_length=10, choices=RemindOf, default=RemindOf.ALL)
    reminder_days = models.JSONField(_("days before a deadline"), default=default_reminder_days, blank=True)
    tells_changes = models.BooleanField(_("mail about changed dates, budgets and documents"), default=True)
    tells_next_editions = models.BooleanField(_("mail about the next edition of a call"), default=True)

    # The last announcement of new calls that a digest told, and the day of that digest; empty before the first one.
    told_until = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    digest_on = models.DateField(null=True, blank=True, editable=False)
    # The secret part of the address of their own calendar and feed; empty until they ask for one.
    private_key = models.CharField(max_length=43, unique=True, null=True, blank=True, editable=False)
    # The moment since which this address takes no mail, and what its server said.
    bounced_at = models.DateTimeField(_("refused since"), null=True, blank=True, editable=False)
    bounce = models.CharField(_("refused because"), max_length=300, blank=True, editable=False)

    objects = UserManager()  # type: ignore[assignment,misc]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_whatever_the_case",
                violation_error_message=_("There is an account with this e-mail address already."),
            ),
        ]

    def __str__(self):
        return self.email

    def save(self, **kwargs):
        """What was announced before somebody came is no news to them."""
        if self.told_until is None:
            self.told_until = last_announcement()
        super().save(**kwargs)


class Follow(models.Model):
    """A user follows a theme."""

    user = models.ForeignKey(User, models.CASCADE, related_name="follows")
    theme = models.ForeignKey(Theme, models.CASCADE, related_name="follows")
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("followed theme")
        verbose_name_plural = _("followed themes")
        constraints = [models.UniqueConstraint(fields=["user", "theme"], name="follow_unique")]

    def __str__(self):
        return f"{self.theme} (#{self.user_id})"


class CallChoice(models.Model):
    """What a user wants of one call."""

    class Kind(models.TextChoices):
        SAVED = "saved", _("saved")
        IRRELEVANT = "irrelevant", _("not relevant")
        NEXT_EDITION = "next", _("tell me of the next edition")

    user = models.ForeignKey(User, models.CASCADE, related_name="call_choices")
    call = models.ForeignKey(Call, models.CASCADE, related_name="choices")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # For a saved call: its own days, where they differ from the user's; an empty list means no reminder of this call.
    reminder_days = models.JSONField(_("days before a deadline"), null=True, blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("choice about a call")
        verbose_name_plural = _("choices about calls")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "call", "kind"],
                name="call_choice_unique",
                violation_error_message=_("This user chose this for the call already."),
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.call} (#{self.user_id})"


class SavedSearch(models.Model):
    """A filtered list under a name."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_searches")
    name = models.CharField(_("name"), max_length=100)
    # As CallFilter.state gives it, so that the same search is one search for all who saved it.
    state = models.CharField(_("filters"), max_length=2_000, blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "state"],
                name="saved_search_unique",
                violation_error_message=_("You saved this search already."),
            )
        ]

    def __str__(self):
        return self.name


class Notice(models.Model):
    """One thing told to one user, once."""

    class Kind(models.TextChoices):
        NEW = "new", _("new call")
        CHANGE = "change", _("change")
        REMINDER = "reminder", _("reminder")
        NEXT_EDITION = "next", _("next edition")

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    call = models.ForeignKey(Call, models.CASCADE, related_name="notices")
    about = models.CharField(max_length=40, blank=True, help_text="Which change, or which date and how many days.")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="notices")
    created_at = models.DateTimeField(_("told at"), auto_now_add=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "call", "about"],
                name="notice_once",
                violation_error_message=_("This was told already."),
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.call} (#{self.user_id})"
