from django.core.management.base import BaseCommand

from accounts.retention import tidy


class Command(BaseCommand):
    help = "Removes what has been kept long enough: see the table on /privacy/. Run it daily."

    def handle(self, **options):
        for what, number in tidy().items():
            self.stdout.write(f"{what}: {number}")
