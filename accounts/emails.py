"""The mails to followers: a function a mail. What allauth sends has its templates in templates/account/email/."""

from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import unsubscribe
from accounts.models import Notice


def digest(user, entries):
    """New calls, one entry each; `entries` as in accounts.notices."""
    return mail(user, Notice.Kind.NEW, entries, "mail/digest_subject.txt", "mail/digest.txt", "mail/digest.html")


def changes(user, entries):
    return mail(user, Notice.Kind.CHANGE, entries, "mail/changes_subject.txt", "mail/changes.txt", "mail/changes.html")


def reminders(user, entries):
    kind = Notice.Kind.REMINDER
    return mail(user, kind, entries, "mail/reminders_subject.txt", "mail/reminders.txt", "mail/reminders.html")


def next_editions(user, entries):
    kind = Notice.Kind.NEXT_EDITION
    return mail(
        user, kind, entries, "mail/next_editions_subject.txt", "mail/next_editions.txt", "mail/next_editions.html"
    )


WRITERS = {
    Notice.Kind.CHANGE: changes,
    Notice.Kind.REMINDER: reminders,
    Notice.Kind.NEXT_EDITION: next_editions,
}


def mail(user, kind, entries, subject, text, html):
    """An e-mail in two parts, with what a mail program needs to offer a way out. Every address in it is whole."""
    for entry in entries:
        render_call(entry.call)
    context = {
        "entries": entries,
        "why": _("Why you get this"),
        "site": settings.SITE_URL,
        "preferences": settings.SITE_URL + reverse("preferences"),
        "unsubscribe": unsubscribe.address(user, kind),
        "this_mail": unsubscribe.SWITCHES[kind].name,
    }
    context["subject"] = " ".join(render_to_string(subject, context).split())
    # The same at every attempt to send it, so that a mail that goes out twice can be known by it.
    identity = {"Message-ID": make_msgid(domain=urlsplit(settings.SITE_URL).hostname)}
    headers = unsubscribe.headers(user, kind) | identity | {"Auto-Submitted": "auto-generated"}
    body = render_to_string(text, context)
    message = EmailMultiAlternatives(context["subject"], body, to=[user.email], headers=headers)
    message.attach_alternative(render_to_string(html, context), "text/html")
    return message


def render_call(call):
    """Gives a call its lines in a mail, `in_text` and `in_html`: the same for all readers, so once a run."""
    if not hasattr(call, "in_html"):
        context = {"call": call, "site": settings.SITE_URL}
        call.in_text = render_to_string("mail/call.txt", context)
        call.in_html = render_to_string("mail/call.html", context)
