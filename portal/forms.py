"""Form fields that every app may use."""

import re

from django import forms


class BelgianDecimalField(forms.DecimalField):
    """Takes an amount or rate as the site itself writes it: € 1.320.069,53 or 12,5%."""

    def to_python(self, value):
        return super().to_python(re.sub(r"[€%\s]", "", value) if isinstance(value, str) else value)
