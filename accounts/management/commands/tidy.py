from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.retention import tidy
from calls.desk import empty_searches


class Command(BaseCommand):
    help = "Removes what has been kept long enough: see the table on /privacy/. Run it daily."

    def handle(self, **options):
        now = timezone.now()
        removed = tidy(now) | {"searches without a result": empty_searches.tidy(now)}
        for what, number in removed.items():
            self.stdout.write(f"{what}: {number}")
