import logging
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

logger = logging.getLogger(__name__)
JOBS = ["import_calls", "check_links", "check_calls", "index_calls", "tidy"]
BACKUPS_KEPT = timedelta(days=30)
LOOK = 30  # seconds between two looks at the clock


class Command(BaseCommand):
    help = "Does what is to be done each night: " + ", ".join(JOBS) + ". A fault in one does not keep the others."

    def add_arguments(self, parser):
        parser.add_argument("--at", metavar="HH:MM", type=hour, help="every night at this time; without it once, now")
        parser.add_argument("--backup", metavar="FOLDER", type=Path, help="first a backup; those of 30 days are kept")

    def handle(self, at, backup, **options):
        self.stopped = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stopped.set())
        if at is None:
            if failed := self.night(backup):
                raise CommandError(f"Failed: {', '.join(failed)}.")
            return
        while self.waits_until(next_time(at, timezone.localtime())):
            self.night(backup)

    def waits_until(self, due):
        """False where it is told to stop first."""
        self.stdout.write(f"The next night begins at {due:%Y-%m-%d %H:%M}.")
        while timezone.localtime() < due:
            if self.stopped.wait(LOOK):
                return False
        return not self.stopped.is_set()

    def night(self, backup):
        """The names of what failed."""
        jobs = [["backup", str(backup)]] if backup else []
        failed = [job[0] for job in jobs + [[name] for name in JOBS] if not self.is_done(job)]
        if backup and "backup" not in failed and not self.stopped.is_set():
            remove_old(backup)
        return failed

    def is_done(self, job):
        """Each in a process of its own, which gives back its memory and takes nobody along."""
        if self.stopped.is_set():
            return False
        command = [sys.executable, settings.BASE_DIR / "manage.py", *job, "-v0"]
        process = subprocess.Popen(command)  # noqa: S603
        while process.poll() is None:
            if self.stopped.wait(0.2):
                process.terminate()
                process.wait()
        if process.returncode:
            logger.error("The nightly %s ended with %s.", job[0], process.returncode)
        return process.returncode == 0


def hour(text):
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007


def next_time(at, now):
    """The next moment, after an aware local one, at which the clock says so; the first of two at the end of summer."""
    today = timezone.make_aware(datetime.combine(now.date(), at))
    return today if today > now else timezone.make_aware(datetime.combine(now.date() + timedelta(days=1), at))


def remove_old(folder):
    """Only after a new one was made, so that a backup that always fails never takes the last good one."""
    oldest = (timezone.now() - BACKUPS_KEPT).timestamp()
    for path in folder.glob("portal-*.zip"):
        if path.stat().st_mtime < oldest:
            path.unlink()
