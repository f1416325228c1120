import logging
from smtplib import SMTPException

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)
REGISTRATION = ("account/email/email_confirmation", "account/email/account_already_exists")


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix, email, context):
        """A mail server that is away must not end in an error page: who registers is told, and can ask again.

        Who asks for a new password or a code is told nothing: only an address with an account would get that far.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            logger.exception("Mail %s could not be sent", template_prefix)
            if template_prefix.startswith(REGISTRATION):
                self.request.mail_failed = True
                messages.error(self.request, _("We could not send the e-mail. Please try again in a few minutes."))

    def add_message(self, request, level, message_template=None, *args, **kwargs):
        """allauth reports every mail as sent; not so one that could not be."""
        reports_mail = (message_template or "").endswith("_sent.txt")
        if not (reports_mail and getattr(request, "mail_failed", False)):
            super().add_message(request, level, message_template, *args, **kwargs)
