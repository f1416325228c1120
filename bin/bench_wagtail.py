"""The same pages on a Wagtail site, for bin/bench serve: bin/wagtail_site, filled with our published calls.

Wagtail comes from the registry into an environment of its own in DATA_DIR; this project never depends on it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import F
from django.template.loader import render_to_string

from bin.bench_servers import gunicorn
from calls.models import Call
from calls.status import DeadlineModel
from funds.models import Fund, Theme
from portal.environment import DATA_DIR

WAGTAIL = "wagtail==8.0.1"
# In the versions that we run on ourselves.
SAME = ["django", "gunicorn", "psycopg", "psycopg-binary", "psycopg-pool", "dj-database-url"]
SITE = Path(__file__).with_name("wagtail_site")
KINDS = {"Wagtail": "false", "Wagtail, site cache": "true"}  # {name: SITE_CACHE}
PANEL = re.compile(r'<form id="finder".*?</form>', re.DOTALL)
ROWS = {
    "objectives": ["text"],
    "actions": ["group", "text"],
    "budgets": ["label", "amount", "rate", "shared", "note"],
    "cutoffs": ["label", "at"],
}


def wagtail(stack, folder, our_list):
    """{name: Server} of the site as it comes and with Django's site cache; empty where the registry is not reached.

    `our_list` is the HTML of our list, whose filters the site shows as they are.
    """
    try:
        python = install()
    except subprocess.CalledProcessError as error:
        why = (error.stderr or error.stdout).strip().splitlines() or ["no reason given"]
        print(f"bin/bench: goes on without {WAGTAIL}, which could not be installed: {why[-1]}", file=sys.stderr)
        return {}
    site = shutil.copytree(SITE, folder / "site", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "content.json").write_text(json.dumps(content(our_list), cls=DjangoJSONEncoder))
    environment = os.environ | {"DATABASE_URL": database(folder), "DJANGO_SETTINGS_MODULE": "settings"}
    for command in (["makemigrations", "content"], ["migrate"], ["fill", "content.json"]):
        line = [python, "manage.py", *command, "-v0"]
        subprocess.run(line, check=True, stdout=sys.stderr, cwd=site, env=environment)
    program = python.with_name("gunicorn")
    return {
        name: stack.enter_context(gunicorn(environment | {"SITE_CACHE": cache}, "wsgi", program=program, cwd=site))
        for name, cache in KINDS.items()
    }


def install():
    """The Python of the environment; making it again costs next to nothing. Raises CalledProcessError."""
    place = DATA_DIR / "wagtail"
    python = place / "bin" / "python"
    wanted = [WAGTAIL, *(f"{name}=={version(name)}" for name in SAME)]
    if uv := shutil.which("uv"):
        run(uv, "venv", "-q", "--allow-existing", "--python", sys.executable, place)
        run(uv, "pip", "install", "-q", "--python", python, *wanted)
    else:
        run(sys.executable, "-m", "venv", place)
        run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "1", *wanted)
    return python


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


def database(folder):
    """The address of an empty one, of the kind that the portal has."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{folder / 'wagtail.sqlite3'}"
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE wagtail")
    return urlsplit(os.environ["DATABASE_URL"])._replace(path="/wagtail").geturl()


# What the command `fill` of the site reads --------------------------------------------------------------------------


def content(our_list):
    themes = Theme.objects.select_related("parent").prefetch_related("funds")
    return {
        "panel": PANEL.search(our_list)[0],
        "funds": [fund_row(fund) for fund in Fund.objects.for_page()],
        "themes": [theme_row(theme) for theme in themes.order_by(F("parent").asc(nulls_first=True), "name")],
        "calls": [call_row(call) for call in Call.objects.published().for_page().order_by("pk")],
    }


def fund_row(fund):
    about = render_to_string("funds/_text.html", {"fund": fund, "level": 3})
    return {"slug": fund.slug, "name": fund.name, "short": str(fund), "about": about}


def theme_row(theme):
    funds = [fund.slug for fund in theme.funds.all()]
    return {"slug": theme.slug, "name": theme.name, "above": theme.parent and theme.parent.slug, "funds": funds}


def call_row(call):
    same = ["title", "slug", "code", "family", "opens_at", "deadline", "source_url", *Call.long_texts()]
    rows = {
        name: [{field: getattr(row, field) for field in fields} for row in getattr(call, name).all()]
        for name, fields in ROWS.items()
    }
    return {name: getattr(call, name) for name in same} | {
        "language": call.title_language,
        "fund": call.fund and call.fund.slug,
        "themes": [theme.slug for theme in call.themes.all()],
        "applicant_types": ", ".join(str(kind) for kind in call.applicant_types.all()),
        "rolling": call.deadline_model == DeadlineModel.ROLLING,
        "next_at": call.next_date,
        "first_published_at": call.published_at,
        **rows,
    }
