import signal
import sqlite3
import sys
from pathlib import Path
from time import monotonic

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from portal.backups.archive import BackupError
from portal.backups.restoring import HalfRestored, restore


class Command(BaseCommand):
    help = "Puts the site of a backup in this database and storage. Checks all of the file before it writes anything."
    requires_system_checks = []  # `prepare` has run them, and they load all pages

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="also where there is content, which is then lost")

    def handle(self, file, replace, verbosity, **options):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        start = monotonic()
        try:
            manifest = restore(file, replace, progress=verbosity > 0 and sys.stderr.isatty())
        except HalfRestored as error:
            raise CommandError(str(error)) from error
        except (BackupError, OSError, DatabaseError, sqlite3.Error) as error:
            raise CommandError(f"{str(error).strip().rstrip('.')}. Nothing was written.") from error
        if verbosity:
            documents, seconds = len(manifest.documents()), monotonic() - start
            self.stdout.write(
                f"Restored the backup of {manifest.made_at} with {documents} documents, in {seconds:.1f} s. "
                "Everybody logs in again."
            )
            if manifest.missing:
                self.stdout.write(f"{len(manifest.missing)} documents were lost already when it was made.")
