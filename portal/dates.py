"""Which dates make sense on this site."""

from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def validate_sensible(at):
    """Refuses a slip of the keyboard in the year of an aware datetime."""
    if at < EARLIEST:
        raise ValidationError(_("This date is too long ago: is the year right?"))
    if at > LATEST:
        raise ValidationError(_("This date is too far away: is the year right?"))
