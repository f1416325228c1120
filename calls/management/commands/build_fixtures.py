import os
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

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
            replace_files(folder, {f"{name}.json": as_json(rows) for name, rows in fixtures.items()})
        except (FixtureError, OSError) as error:
            raise CommandError(f"{error}. Er is niets geschreven.") from error
        for name, rows in fixtures.items():
            self.stdout.write(f"{name}.json: {len(rows)} rows")


def read_pages(folder):
    return {path.stem: read(path) for path in folder.glob("*.txt")}


def read_facts(path):
    try:
        return tomllib.loads(read(path))
    except tomllib.TOMLDecodeError as error:
        raise FixtureError(f"{path.name}: {error}") from error


def read(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FixtureError(f"{path.name} is geen UTF-8: {error}") from error


def replace_files(folder, texts):
    """All of them or none: the first is replaced when the last one stands on the disk."""
    with TemporaryDirectory(dir=folder) as new:
        for name, text in texts.items():
            Path(new, name).write_text(text, encoding="utf-8")
        for name in texts:
            os.replace(Path(new, name), folder / name)
