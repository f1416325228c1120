"""The outbox: every mail becomes a row in the transaction that causes it, and a worker sends the rows.

A worker claims one mail at a time by moving its next attempt on, so that several can run side by side, and that a mail
whose worker was killed is tried again. Only where a worker or the connection dies after the mail server has taken a
mail and before that is written down does it go out twice, with the same Message-ID.
"""

import logging
import re
from contextlib import suppress
from datetime import timedelta
from email import policy
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Message

logger = logging.getLogger(__name__)
# Longer than a conversation with a mail server can take, which has a dozen answers.
CLAIM = timedelta(seconds=15 * settings.MAIL_TIMEOUT)
# A 5xx about policy (5.7.x) says nothing of the address.
NO_SUCH_ADDRESS = re.compile(r"5(?:50|51|53)(?! 5\.7)|5\d\d 5\.(?:1\.|2\.1)")


class Outbox(BaseEmailBackend):
    """The mailer of the whole site: writes a row for every recipient."""

    def send_messages(self, messages):
        rows = [row for message in messages for row in rows_of(message, urgent=True)]
        Message.objects.bulk_create(rows)
        return len(messages)


def rows_of(message, **fields):
    """One unsaved Message for every recipient of a Django e-mail."""
    content = message.message(policy=policy.SMTP).as_bytes()
    about = {"sender": message.from_email, "subject": message.subject, "content": content}
    return [Message(recipient=recipient, **about, **fields) for recipient in message.recipients()]


class Stored(EmailMessage):
    """A row as an e-mail that any of Django's mailers can send, byte for byte as it was written."""

    def __init__(self, row):
        super().__init__(row.subject, "", row.sender, [row.recipient])
        self.content = bytes(row.content)

    def message(self, *, policy=policy.SMTP):
        return Written(self.content)


class Written(bytes):
    def as_bytes(self):
        return bytes(self)


def claim():
    """The next mail that is due, kept from other workers for a while; None when there is none."""
    now = timezone.now()
    # A mail of later than now was written before the clock was put back, and somebody may wait for it.
    is_due = Q(due_at__lte=now) | Q(created_at__gt=now, attempts=0)
    due = Message.objects.waiting().filter(is_due).order_by("-urgent", "due_at", "pk")
    # First without a lock: most looks find nothing, and SQLite has one lock for everybody.
    return claim_first(due, now) if due.exists() else None


@transaction.atomic
def claim_first(due, now):
    row = due.select_for_update(skip_locked=True).first()
    if row:
        row.due_at, row.attempts = now + CLAIM, row.attempts + 1
        row.save(update_fields=["due_at", "attempts"])
    return row


class ServerTrouble(Exception):
    """The mail server does not work just now; nothing is known against this mail."""


def deliver(row, mailer):
    """Sends one claimed mail and writes down what came of it.

    `mailer` is an open Django mailer. Raises ServerTrouble where the next mail would fare the same.
    """
    try:
        mailer.send_messages([Stored(row)])
    except SMTPRecipientsRefused as error:
        code, answer = error.recipients.get(row.recipient) or next(iter(error.recipients.values()))
        refused(row, f"{code} {answer.decode(errors='replace')}")
    except ValueError as error:
        row.refuse_address(f"unusable address: {error}")
    except (OSError, SMTPException) as error:
        row.postpone(said(error))
        raise ServerTrouble(said(error)) from error
    else:
        row.done()


def said(error):
    """What went wrong, in the words of the server where it gave an answer."""
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {error.smtp_error.decode(errors='replace')}"
    return str(error)


def refused(row, answer):
    """A recipient that the server did not take: there is no such address, or it is something about us or the hour."""
    if NO_SUCH_ADDRESS.match(answer):
        row.refuse_address(answer)
        return
    row.postpone(answer)
    if answer.startswith("5"):
        # “Relaying denied” is said of everybody alike.
        raise ServerTrouble(answer)


def send_waiting(stop=lambda: False):
    """Sends all mails that are due; the number sent. Raises ServerTrouble when the server does not work."""
    sent, mailer = 0, None
    try:
        while not stop() and (row := claim()):
            mailer = mailer or opened(row)
            deliver(row, mailer)
            sent += row.sent_at is not None
    finally:
        close(mailer)
        if sent:
            logger.info("Mails sent: %s.", sent)
    return sent


def opened(row):
    mailer = mailers["delivery"]
    try:
        mailer.open()
    except (OSError, SMTPException) as error:
        row.postpone(str(error))
        raise ServerTrouble(str(error)) from error
    return mailer


def close(mailer):
    with suppress(OSError, SMTPException):
        if mailer:
            mailer.close()
