import sys

from django.core.management.base import BaseCommand
from tqdm import tqdm

from calls.desk.link_checks import check_links
from calls.desk.links import collect, waiting
from calls.desk.visiting import PAUSE, Visitor


class Command(BaseCommand):
    help = (
        "Looks whether the links of current calls and drafts still work; the editors' desk shows the dead ones. "
        "For every night; a run that was broken off goes on where it was."
    )

    def add_arguments(self, parser):
        parser.add_argument("--most", type=int, help="look at no more than so many links")
        parser.add_argument("--pause", type=float, default=PAUSE, help="seconds between two visits to one host")

    def handle(self, most, pause, verbosity, **options):
        users = collect()
        watched = verbosity > 0 and sys.stderr.isatty()
        with tqdm(total=waiting(most).count(), unit=" links", disable=not watched) as bar:
            counts = check_links(users, Visitor(pause=pause), lambda: bar.update(1), most)
        if verbosity:
            seen, dead, changed = (counts[name] for name in ("seen", "dead", "changed"))
            self.stdout.write(f"{seen} of {len(users)} links looked at: {dead} dead, {changed} changed.")
