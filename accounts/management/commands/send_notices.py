import sys

from django.core.management.base import BaseCommand

from accounts.models import Notice
from accounts.notices import send_notices


class Command(BaseCommand):
    help = (
        "Writes the mails that are due now into the outbox: new calls, changes, reminders, next editions. "
        "For cron, every few minutes; two at once do no harm. `run_worker` sends them."
    )

    def handle(self, verbosity, **options):
        written = send_notices(progress=verbosity > 0 and sys.stderr.isatty())
        if verbosity:
            self.stdout.write(", ".join(f"{kind.label}: {written[kind]}" for kind in Notice.Kind))
