from django.db import models
from django.utils.translation import gettext_lazy as _


class ContactQuerySet(models.QuerySet):
    def get_by_natural_key(self, organisation, name):
        return self.get(organisation=organisation, name=name)

    def general(self):
        """VLEVA itself, whom anybody may write to: the VLEVA contacts without a person's name."""
        return self.filter(kind=Contact.Kind.VLEVA, name="")


class Contact(models.Model):
    """Somebody to ask: an authority that manages a fund, or a VLEVA colleague."""

    class Kind(models.TextChoices):
        AUTHORITY = "authority", _("authority")
        VLEVA = "vleva", _("VLEVA colleague")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.AUTHORITY)
    organisation = models.CharField(_("organisation"), max_length=200)
    name = models.CharField(
        _("name"),
        max_length=200,
        blank=True,
        help_text=_("The person. VLEVA without a name is the general contact, which everybody sees."),
    )
    role = models.CharField(_("role"), max_length=200, blank=True, help_text=_("What the person does there."))
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=50, blank=True)
    website = models.URLField(_("website"), blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("organisation", "name")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="contact_unique",
                violation_error_message=_("This person of this organisation is in the list already."),
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.organisation})" if self.name else self.organisation

    def natural_key(self):
        return (self.organisation, self.name)
