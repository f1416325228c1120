from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class StaffSecondFactorMiddleware:
    """Staff reach the admin only with a second factor; without one they are sent to set it up."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if self.second_factor_missing(request):
            messages.warning(request, _("The editors' desk asks for two-step verification. Set it up first."))
            return redirect("mfa_index")
        return self.get_response(request)

    def second_factor_missing(self, request):
        return (
            settings.STAFF_SECOND_FACTOR
            and request.path_info.startswith(reverse("admin:index"))
            and request.user.is_staff
            and not is_mfa_enabled(request.user, SECOND_FACTORS)
        )
