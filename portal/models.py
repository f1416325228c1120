"""What the models of every app share; it knows none of them."""

from django.db import IntegrityError, models, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _


class Row(models.Model):
    """An ordered part of a call or a fund, edited on its owner's page."""

    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ("order", "pk")


class Addressed(models.Model):
    """Has a page of its own, whose address never changes once it exists."""

    slug = models.SlugField(
        _("web address"),
        max_length=255,
        unique=True,
        blank=True,
        help_text=_("Leave empty: it is made from the title, and then never changes."),
    )

    class Meta:
        abstract = True

    def save(self, **kwargs):
        if self.slug:
            return super().save(**kwargs)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "slug"}
        self.slug = self.free_slug()
        try:
            with transaction.atomic():
                return super().save(**kwargs)
        except IntegrityError:
            # Somebody took this slug since we looked; any other clash comes up again.
            self.slug = self.free_slug()
            return super().save(**kwargs)

    def slug_source(self):
        """The text that a new address is made from."""
        return str(self)

    def free_slug(self):
        """A slug no other row has: the text's own, else with -2, -3 … behind it."""
        base = address_slug(self.slug_source()) or self._meta.model_name
        taken = set(type(self)._base_manager.filter(slug__startswith=base).values_list("slug", flat=True))
        candidates = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
        return next(slug for slug in candidates if slug not in taken)


def address_slug(text):
    """The slug of a text, cut so that a number still fits behind it."""
    return slugify(text)[:240].rstrip("-")
