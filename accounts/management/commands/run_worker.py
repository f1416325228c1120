import logging
import signal
import threading
from time import monotonic

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from accounts.notices import send_notices
from accounts.outbox import ServerTrouble, send_waiting
from calls.desk.checks import refresh
from calls.search.indexing import index_missing
from portal.readiness import give_sign

logger = logging.getLogger(__name__)
LOOK = 2  # seconds between two looks into an empty outbox
LONGEST_PAUSE = 60  # seconds, while the mail server does not work
DRAFTS = 60  # seconds between two looks for drafts of an import
SIGNS = 20  # seconds between two signs of life


class Command(BaseCommand):
    help = (
        "Sends the mails of the outbox until it is stopped, and looks after the drafts of an import: the words of "
        "the search, the checks. "
        "Several can run side by side."
    )

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="send what is due and stop")
        parser.add_argument(
            "--notices", type=int, metavar="MINUTES", help="also do what send_notices does, every so many minutes"
        )

    def handle(self, once, notices, **options):
        self.stopped = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stopped.set())
        self.pause = LOOK
        self.notices_at = self.drafts_at = self.sign_at = monotonic()
        while not self.stopped.is_set():
            self.look(notices)
            if once:
                return
            close_old_connections()
            self.stopped.wait(self.pause)

    def look(self, notices):
        """One round. A database or mail server that is away is waited for, a little longer each time."""
        self.give_sign()
        try:
            send_waiting(stop=lambda: self.give_sign() or self.stopped.is_set() or self.is_time_for(notices))
            self.pause = LOOK
        except ServerTrouble as error:
            self.wait_longer("The mail server does not work", error)
        except DatabaseError as error:
            self.wait_longer("The database does not answer", error)
        if self.is_time_for(notices) and not self.stopped.is_set():
            self.decide(notices)
        if monotonic() >= self.drafts_at and not self.stopped.is_set():
            self.look_after_drafts()

    def give_sign(self):
        """For /readyz/; also between two mails, since there may be thousands."""
        if monotonic() >= self.sign_at:
            self.sign_at = monotonic() + SIGNS
            give_sign()

    def is_time_for(self, notices):
        return bool(notices) and monotonic() >= self.notices_at

    def decide(self, notices):
        """A fault in it must not keep the mails from going out that are written already."""
        self.notices_at = monotonic() + notices * 60
        try:
            send_notices()
        except Exception:
            logger.exception("The notices could not all be written; next try in %s minutes.", notices)

    def look_after_drafts(self):
        """Words and checks of what an import made, a few calls at a time, because mails go first."""
        self.drafts_at = monotonic() + DRAFTS
        try:
            if pks := index_missing():
                refresh(pks)
                self.drafts_at = monotonic()
        except Exception:
            logger.exception("The new drafts could not be looked after; next try in %s seconds.", DRAFTS)

    def wait_longer(self, what, error):
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        logger.warning("%s (%s). Next try in %s seconds.", what, error, self.pause)
