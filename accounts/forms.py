"""Forms of allauth: keys whose name has a label in Dutch, and codes whose refusal is written down."""

import json

from allauth.account.forms import ConfirmLoginCodeForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.audit import AuditEvent, record

# What a key says comes through the browser, and allauth reads it as if nobody had been at it.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


class Decoder(json.JSONDecoder):
    """For which lists in lists in lists are no JSON, rather than an error of Python."""

    def decode(self, text):
        try:
            return super().decode(text)
        except RecursionError as error:
            raise json.JSONDecodeError("too deep", text, 0) from error


class WithKey(forms.Form):
    credential = forms.JSONField(decoder=Decoder, widget=forms.HiddenInput)


class AddKeyForm(WithKey, AddWebAuthnForm):
    name = forms.CharField(label=_("Name"), required=False)

    def clean(self):
        try:
            return super().clean()
        except UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class EditKeyForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name"))


# allauth's signal of a wrong code is silent about keys, about a lock, and about an address without an account, where
# the time it takes to write would tell that there is none.


class Refusable:
    wrong = AuditEvent.Kind.WRONG_FACTOR

    def add_error(self, field, error):
        kinds = {"incorrect_code": self.wrong, "too_many_login_attempts": AuditEvent.Kind.LOCKED}
        if kind := kinds.get(getattr(error, "code", None)):
            user = self.whose()
            record(kind, **{"pk": user.pk} if user else {})
        super().add_error(field, error)

    def whose(self):
        """The user whose code or key this would be; None where nobody knows."""
        return self.user


class LoginCodeForm(Refusable, ConfirmLoginCodeForm):
    wrong = AuditEvent.Kind.WRONG_CODE

    def whose(self):
        return context.request._login_stage.login.user


class SecondFactorForm(Refusable, AuthenticateForm):
    pass


class SecondFactorAgainForm(Refusable, ReauthenticateForm):
    pass


class OfKey(Refusable, WithKey):
    def clean_credential(self):
        try:
            return super().clean_credential()
        except UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class KeyForm(OfKey, AuthenticateWebAuthnForm):
    pass


class KeyAgainForm(OfKey, ReauthenticateWebAuthnForm):
    pass


class PasskeyForm(OfKey, LoginWebAuthnForm):
    pass
