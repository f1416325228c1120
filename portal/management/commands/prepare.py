import hashlib

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

from portal.deploys import one_at_a_time

FIXTURES = ["contacts", "funds", "calls"]
CONTENT = ["contacts.Contact", "funds.Theme", "funds.Fund", "calls.Call"]


class Command(BaseCommand):
    help = "Makes everything ready to serve: database, cache table, the first content, static files. Safe to repeat."

    def add_arguments(self, parser):
        parser.add_argument("--no-static", action="store_true", help="leave the static files as the image has them")

    def handle(self, no_static, **options):
        with one_at_a_time(self.stderr.write):
            self.prepare_database()
            if not no_static:
                self.collect_static()

    def prepare_database(self):
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        self.load_first_content()
        call_command("index_calls", missing=True)

    def load_first_content(self):
        """The five pages, into a database that holds no content at all."""
        if any(apps.get_model(name).objects.exists() for name in CONTENT):
            return
        call_command("loaddata", *FIXTURES, verbosity=0)
        self.stdout.write("Loaded the first content from fixtures/.")

    def collect_static(self):
        stamp = settings.STATIC_ROOT / ".fingerprint"
        fingerprint = static_fingerprint()
        if stamp.exists() and stamp.read_text() == fingerprint:
            return
        self.stdout.write("Collecting static files …")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint)


def static_fingerprint():
    """Changes with every static file and with the way they are stored."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            digest.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}".encode())
    return digest.hexdigest()
