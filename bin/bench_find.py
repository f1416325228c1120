"""Finding calls: lists, filters, search and pages with CALLS made-up calls in an empty database.

For bin/bench.py: python -m bin.bench_find CALLS. In this process, with Django's test client, which keeps its database
connection between requests; the settings are production's, apart from DEVELOPMENT.
"""

import json
import os
import re
import sys
from time import perf_counter

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.test import Client  # noqa: E402

from bin.bench_watch import measure, plans, turns  # noqa: E402
from calls.demo import COMMON, RARE  # noqa: E402
from calls.filters import CallFilter  # noqa: E402
from calls.models import Call, Stamp  # noqa: E402
from funds.models import Fund  # noqa: E402

LIST = "/oproepen/"
THEME = "migratie"
PLANS = {
    "the forms of a word": ['FROM "calls_word"'],
    "the calls with a word": ["calls_search", "SELECT ("],
    "the twenty rows of a page": ['FROM "calls_call"', '"calls_call"."title"', " IN ("],
}


def main(calls):
    settings.PAGE_CACHE_MEGABYTES = 0  # each page is made anew
    seconds = fill(calls)
    client = Client(SERVER_NAME="localhost")
    found = measure(actions(client), turns())
    changed = measure({"list, first after a change": lambda: after_change(client)}, range(7))
    shown = plans(lambda: client.get(f"{LIST}?q={COMMON}&status=alle"), PLANS)
    pages = {name: page and page | {"answer": calls_shown(page["answer"])} for name, page in (found | changed).items()}
    print(json.dumps({"seconds": seconds, "pages": pages, "plans": shown}))


def fill(calls):
    """Seconds that it took to write and index the calls."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    start = perf_counter()
    call_command("seed_demo", calls=calls, stdout=sys.stderr)
    seconds = perf_counter() - start
    if connection.vendor == "postgresql":
        # What its autovacuum would do within a minute.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return seconds


def addresses():
    """{name: address}; the names are those of the goals in bench_find_report."""
    call = Call.objects.published().exclude(family="").latest("published_at")
    # All funds of the theme, so that a small database fills the page as well.
    funds = "&".join(f"fonds={fund.slug}" for fund in Fund.objects.filter(calls__themes__slug=THEME).distinct())
    everything = f"thema={THEME}&{funds}&organisatie=lokale-overheden&budget_van=10000&budget_tot=50000000"
    return {
        "list": LIST,
        "list, all calls": f"{LIST}?status=alle",
        "every filter": f"{LIST}?status=alle&{everything}&sorteer=budget",
        "filters, closes in 90 days": one_card(f"deadline=90&thema={THEME}&{funds}"),
        "filters, opened in 90 days": one_card(f"status=alle&geopend=90&thema={THEME}&{funds}"),
        "sorted by newest": f"{LIST}?status=alle&sorteer=nieuwste",
        "page 200": f"{LIST}?status=alle&pagina=200",
        "common word": f"{LIST}?q={COMMON}&status=alle",
        "common word, current calls": f"{LIST}?q={COMMON}",
        "rare word": f"{LIST}?q={RARE}&status=alle",
        "a call": call.get_absolute_url(),
        "a theme": f"/themas/{THEME}/",
        "home": "/",
    }


def one_card(state):
    """The list with these filters and a budget that one of its calls has alone: as many cards at every size."""
    found = CallFilter(QueryDict(state)).selection
    amounts, calls = np.unique(found.columns.amount[found.found], return_counts=True)
    euro = int(amounts[(calls == 1) & (amounts > 0)][0]) // 100
    return f"{LIST}?{state}&budget_van={euro}&budget_tot={euro}"


def actions(client):
    """{name: function} for every page, for the facet counts alone, and for two that say how busy this machine is."""
    pages = {name: lambda path=path: read(client, path) for name, path in addresses().items()}
    return pages | {
        "facet counts alone": lambda: CallFilter(QueryDict("status=alle")).counts,
        "common word, with counts": lambda: CallFilter(QueryDict(f"q={COMMON}&status=alle")).counts,
        "rare word, with counts": lambda: CallFilter(QueryDict(f"q={RARE}&status=alle")).counts,
        "(a loop of Python)": lambda: sum(range(100_000)),
        "(a query for nothing)": nothing,
    }


def nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()


def read(client, path):
    """The page; None for a page number beyond the last."""
    response = client.get(path)
    if response.status_code == 404 and "pagina=" in path:
        return None
    if response.status_code != 200:
        raise SystemExit(f"bin/bench: {path} answered {response.status_code}")
    return response.content


def calls_shown(answer):
    """How many calls a page names; None for what is no page."""
    return len(set(re.findall(rb'href="/oproepen/[-\w]+/"', answer))) if isinstance(answer, bytes) else None


def after_change(client):
    """What the first visitor after any change of a call waits for: all calls are read into memory again."""
    Stamp.renew()
    return read(client, LIST)


if __name__ == "__main__":
    main(int(sys.argv[1]))
