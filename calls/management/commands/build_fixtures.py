import os
import tomllib
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calls.fixtures import FixtureError, as_json, build_fixtures


class Command(BaseCommand):
    help = "Makes fixtures/*.json from fixtures/pages/*.txt and fixtures/facts.toml: the same bytes every time."

    def add_arguments(self, parser):
        parser.add_argument("folder", nargs="?", type=Path, default=settings.BASE_DIR / "fixtures")

    def handle(self, folder, **options):
        try:
            fixtures = build_fixtures(read_pages(folder / "pages"), read_facts(folder / "facts.toml"))
        except (FixtureError, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise CommandError(f"{error}. Er is niets geschreven.") from error
        for name, rows in fixtures.items():
            replace_file(folder / f"{name}.json", as_json(rows))
            self.stdout.write(f"{name}.json: {len(rows)} rows")


def read_pages(folder):
    return {path.stem: path.read_text() for path in folder.glob("*.txt")}


def read_facts(path):
    return tomllib.loads(path.read_text())


def replace_file(path, text):
    """Whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)
