from django.core.management.base import BaseCommand

from calls.models import Call
from calls.search.indexing import index_calls


class Command(BaseCommand):
    help = "Writes the words of every call anew, for the search. Only needed after changes made past Django."

    def add_arguments(self, parser):
        parser.add_argument("--missing", action="store_true", help="only the calls that have no words yet")

    def handle(self, missing, verbosity, **options):
        pks = set(Call.objects.filter(search_entry=None).values_list("pk", flat=True)) if missing else None
        if pks != set():
            index_calls(pks, progress=verbosity > 0)
