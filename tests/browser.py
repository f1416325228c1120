"""What the browser tests share: an ear for the browser's complaints, a mail server, codes of a second factor."""

import logging
import re
import socket
import time
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.test import Client

from accounts.outbox import send_waiting

# aiosmtpd writes down every line of every conversation.
logging.getLogger("mail.log").setLevel(logging.WARNING)
PASSWORD = "een-lang-wachtwoord"
REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", event =>
  window.reportViolation(`${event.violatedDirective}: ${event.blockedURI} in ${event.documentURI}`))"""


def hear_complaints(context, complaints):
    """Collects what the pages of a browser context do wrong: security policy, scripts, files that are not there."""
    context.expose_function("reportViolation", lambda violation: complaints.append(violation))
    context.add_init_script(REPORT_VIOLATIONS)
    context.on("weberror", lambda fault: complaints.append(f"{fault.page.url}: {fault.error}"))
    context.on("console", lambda message: complaints.extend(console_errors(message)))


def console_errors(message):
    """The error in a console message, but for the status of the page itself: a 404 page is there to be looked at."""
    address = message.location["url"]
    if message.type == "error" and not (address == message.page.url and "Failed to load resource" in message.text):
        yield f"{address}: {message.text}"


def log_in(page, user):
    """The cookie of a new session, without the way through the log-in page."""
    client = Client()
    client.force_login(user)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([cookie | {"domain": "localhost", "path": "/"}])


def totp_code(secret, step=0):
    """What an authenticator app shows now, or `step` half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


class Mailbox:
    """An SMTP server on a free port of this machine, which keeps what it is given."""

    def __init__(self):
        self.messages = []
        # What it says instead of yes, for as long as there is something: {"rcpt": […], "data": […]}.
        self.answers = {"rcpt": [], "data": []}
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answers["rcpt"]:
            return self.answers["rcpt"].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answers["data"]:
            return self.answers["data"].pop(0)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    @property
    def mailer(self):
        """The entry of settings.MAILERS that delivers here."""
        options = {"host": "127.0.0.1", "port": self.controller.port, "timeout": 5}
        return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}

    def last_code(self):
        """The code that stands on a line of its own in the last mail."""
        send_waiting()
        text = self.messages[-1].get_content()
        return re.search(r"^\s*([A-Z0-9]+(?:-[A-Z0-9]+)*)\s*$", text, re.MULTILINE)[1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def add_virtual_authenticator(page):
    """A passkey device that says yes at once, for this page."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    able = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device | able})


def register(page, email):
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord:", exact=True).fill(PASSWORD)
    page.get_by_label("Wachtwoord (nog eens)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Registreren").click()


def fill_login(page, email, password=PASSWORD):
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(password)
    page.get_by_role("main").get_by_role("button", name="Inloggen", exact=True).click()


def confirm_password(page):
    """Whoever changes a second factor is asked for the password once more."""
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Bevestigen").click()


def register_passkey(page):
    """On the page that adds a key; stays logged in there, with a device that says yes at once."""
    add_virtual_authenticator(page)
    page.get_by_label("Als toegangssleutel gebruiken").check()
    page.get_by_role("button", name="Toevoegen").click()
