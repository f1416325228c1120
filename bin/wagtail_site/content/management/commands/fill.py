"""The pages of the portal's content, as bin/bench_wagtail.py wrote it down: manage.py fill FILE."""

import json
from pathlib import Path

from django.core.management import BaseCommand, call_command
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime
from wagtail.models import Page, Site
from wagtail.signal_handlers import disable_reference_index_auto_update

from content.models import (
    Action,
    Budget,
    CallIndexPage,
    CallPage,
    Cutoff,
    Fund,
    HomePage,
    Objective,
    ThemeIndexPage,
    ThemePage,
)

DATES = ["opens_at", "deadline", "next_at", "first_published_at"]
ROWS = {"objectives": Objective, "actions": Action, "budgets": Budget, "cutoffs": Cutoff}


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, *, file, **options):
        content = json.loads(file.read_text())
        # The index of what refers to what is for editors alone.
        with transaction.atomic(), disable_reference_index_auto_update():
            fill(content)
        call_command("update_index", verbosity=0)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")


def fill(content):
    Page.objects.filter(depth=2).first().delete()
    home = Page.get_first_root_node().add_child(instance=HomePage(title="VLEVA", slug="home"))
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    calls = CallIndexPage(title="Oproepen", slug="oproepen", show_in_menus=True, panel=content["panel"])
    home.add_child(instance=calls)
    index = home.add_child(instance=ThemeIndexPage(title="Thema's", slug="themas", show_in_menus=True))
    funds = {row["slug"]: Fund.objects.create(**row) for row in content["funds"]}
    themes = {}
    for row in content["themes"]:
        page = ThemePage(title=row["name"], slug=row["slug"], above=themes.get(row["above"]))
        themes[row["slug"]] = index.add_child(instance=page)
        page.funds.set(funds[slug] for slug in row["funds"])
    for row in content["calls"]:
        add_call(calls, row, funds, themes)


def add_call(parent, row, funds, themes):
    rows = {name: row.pop(name) for name in ROWS}
    about = [themes[slug] for slug in row.pop("themes")]
    row |= {name: row[name] and parse_datetime(row[name]) for name in DATES}
    call = CallPage(**row | {"fund": funds.get(row["fund"])})
    call.themes = about
    for name, model in ROWS.items():
        setattr(call, name, [model(sort_order=place, **fields) for place, fields in enumerate(rows[name])])
    parent.add_child(instance=call)
