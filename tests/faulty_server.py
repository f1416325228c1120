"""A real mail server with the faults of real ones, which counts what it was given."""

import asyncio
import re
from collections import Counter, defaultdict
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.browser import free_port


class FaultyServer:
    """Has the faults of `plan`, {number of the mail: fault}, while mails come in; can be away for a while.

    `received` is {Message-ID: how often it was taken}, `faults` {fault: the Message-IDs it hit}.
    """

    def __init__(self, plan):
        self.plan = plan
        self.number = 0
        self.received = Counter()
        self.mails = {}
        self.faults = defaultdict(set)
        self.port = free_port()
        self.controller = None

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.factory = lambda: SMTP(self, hostname="localhost", enable_SMTPUTF8=False)
        self.controller.start()

    def stop(self):
        self.controller.stop()

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        identity = mail["Message-ID"]
        self.number += 1
        fault = self.plan.get(self.number)
        if fault:
            self.faults[fault].add(identity)
        if fault in (None, "taken, then the connection drops"):
            self.received[identity] += 1
            self.mails[identity] = mail
        return await self.answer(fault, server)

    async def answer(self, fault, server):
        match fault:
            case None:
                return "250 OK"
            case "refused for now":
                return "451 Later graag"
            case "hangs":
                await asyncio.sleep(3)
        server.transport.abort()
        return "421 Weg"


def told_in(mail):
    """(recipient, kind, {slugs of the calls}) of a mail to a follower."""
    text = mail.get_body(preferencelist=("plain",)).get_content()
    kind = re.search(r"/afmelden/\d+-(\w+)\.", text)[1]
    return mail["To"], kind, set(re.findall(r"/oproepen/([-\w]+)/", text))
