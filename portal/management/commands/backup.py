import signal
import sqlite3
import sys
from pathlib import Path
from time import monotonic

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.timezone import localtime

from portal.backups.archive import BackupError
from portal.backups.making import back_up


class Command(BaseCommand):
    help = "Writes the database and the documents, as they are at one moment, to one file. The site can run on."
    requires_system_checks = []  # `prepare` has run them, and they load all pages

    def add_arguments(self, parser):
        parser.add_argument("target", type=Path, help="a new file, or a folder for portal-YYYY-MM-DD-HHMMSS.zip")

    def handle(self, target, verbosity, **options):
        # So that a stopped backup takes its unfinished file with it.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        start = monotonic()
        if target.is_dir():
            target /= f"portal-{localtime():%Y-%m-%d-%H%M%S}.zip"
        try:
            manifest = back_up(target, progress=verbosity > 0 and sys.stderr.isatty())
        except (BackupError, OSError, DatabaseError, sqlite3.Error) as error:
            raise CommandError(f"{str(error).strip().rstrip('.')}. Nothing was written.") from error
        for name in manifest.missing:
            self.stderr.write(f"Not in the backup, because the storage does not have it: {name}")
        if verbosity:
            size, seconds = target.stat().st_size / 1024**2, monotonic() - start
            self.stdout.write(
                f"{target}: {size:.1f} MB with {len(manifest.documents())} documents, in {seconds:.1f} s."
            )
