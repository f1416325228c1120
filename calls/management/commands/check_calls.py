import sys

from django.core.management.base import BaseCommand
from tqdm import tqdm

from calls.desk.checks import refresh_all
from calls.models import Call, Problem


class Command(BaseCommand):
    help = "Checks every call anew, because days pass and others change. For every night."

    def handle(self, verbosity, **options):
        pks = list(Call.objects.order_by("pk").values_list("pk", flat=True))
        watched = verbosity > 0 and sys.stderr.isatty()
        with tqdm(total=len(pks), unit=" calls", disable=not watched) as bar:
            refresh_all(pks, bar.update)
        if verbosity:
            self.stdout.write(f"{len(pks)} calls checked; {Problem.objects.count()} problems stand.")
