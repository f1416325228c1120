from django.core.management.commands import migrate

from portal.deploys import one_at_a_time


class Command(migrate.Command):
    def handle(self, *args, **options):
        with one_at_a_time(self.stderr.write):
            return super().handle(*args, **options)
