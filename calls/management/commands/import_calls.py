import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from calls.imports.admin import counted
from calls.imports.client import fetch
from calls.imports.files import read_file
from calls.imports.importing import RUNNING, import_topics
from funds.models import Fund

STATUSES = ["forthcoming", "open", "closed"]


class Command(BaseCommand):
    help = (
        "Imports calls from files of the EU Funding & Tenders Portal (search answers, topicDetails), or from its live "
        "search API when no file is given. New calls become drafts, every difference goes into the inbox at /beheer/."
    )

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument(
            "--programme", action="append", dest="programmes", metavar="CODE", help="default: those of the funds"
        )
        parser.add_argument(
            "--status", action="append", dest="statuses", choices=STATUSES, help="default: forthcoming and open"
        )

    def handle(self, files, programmes, statuses, verbosity, **options):
        if files and (programmes or statuses):
            raise CommandError("--programme and --status choose from the live portal: leave them out with files.")
        self.progress = verbosity > 0 and sys.stderr.isatty()
        self.verbosity = verbosity
        runs = [self.from_file(path) for path in files] if files else [self.from_portal(programmes, statuses)]
        bad = [run for run in runs if run.trouble or run.counts["broken"]]
        if bad:
            raise CommandError(f"{len(bad)} of {len(runs)} sources could not be read wholly; see the lines above.")

    def from_file(self, path):
        return self.report(import_topics(read_file(path), str(path), progress=self.progress))

    def from_portal(self, programmes, statuses):
        """Only an answer with everything that runs tells what is gone."""
        programmes = programmes or programmes_of_funds()
        statuses = statuses or RUNNING
        topics = fetch(programmes, statuses)
        all_that_run = set(RUNNING) <= set(statuses)
        run = import_topics(
            topics,
            f"EU-portaal: {', '.join(programmes)} ({', '.join(statuses)})",
            complete=lambda: all_that_run and topics.complete,
            progress=self.progress,
        )
        return self.report(run)

    def report(self, run):
        for place, reason in run.broken:
            self.stderr.write(f"{place}: {reason}")
        if run.counts["broken"] > len(run.broken):
            self.stderr.write(f"… {run.counts['broken'] - len(run.broken)} more")
        if run.trouble:
            self.stderr.write(f"{run.source}: {run.trouble}")
        if self.verbosity:
            self.stdout.write(f"{run.source}: {counted(run.counts) or 'no records'}")
        return run


def programmes_of_funds():
    codes = Fund.objects.exclude(programme_code="").order_by("programme_code").values_list("programme_code", flat=True)
    if not codes:
        raise CommandError("No fund has a programme code, so there is nothing to ask: give --programme CODE.")
    return sorted(set(codes))
