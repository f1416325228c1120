"""Digests for FOLLOWERS followers over CALLS calls, of which NEW are new: seconds a thousand mails, and memory.

For bin/bench.py: python -m bin.bench_digest FOLLOWERS, in an empty database. Everything that send_notices does is
measured, in this process, which another one filled the database for; the mails are rows of the outbox afterwards, none
is sent.
"""

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Follow, Message, Notice, SavedSearch, User  # noqa: E402
from accounts.notices import send_notices  # noqa: E402
from bin.bench_find import fill  # noqa: E402
from calls.announcing import last_announcement  # noqa: E402
from calls.models import Call, Word  # noqa: E402
from funds.models import Theme  # noqa: E402

CALLS, NEW, SEARCHES = 10_000, 50, 200


def prepare(followers):
    fill(CALLS)
    make_news()
    make_followers(followers, random.Random(1))


def main(followers):
    subprocess.run(
        [sys.executable, "-m", "bin.bench_digest", str(followers), "prepare"], stdin=subprocess.DEVNULL, check=True
    )
    print("ready", flush=True)
    before, start = memory(), perf_counter()
    queries = Counter(megabytes=before)
    with connection.execute_wrapper(counting(queries)):
        written = send_notices()
    seconds = perf_counter() - start
    again = perf_counter()
    nothing = send_notices()
    told = {
        "followers": followers,
        "seconds": seconds,
        "mails": written.total(),
        "notices": Notice.objects.count(),
        "queries": queries["all"],
        "searches": queries["searches"],
        "different_searches": SavedSearch.objects.values("state").distinct().count(),
        "megabytes_before": before,
        "megabytes": max(queries["megabytes"], memory()),
        "again_seconds": perf_counter() - again,
        "again_mails": nothing.total(),
        "waiting": Message.objects.waiting().count(),
    }
    for _ in sys.stdin:
        print("ready", flush=True)
    print(json.dumps(told))


def counting(queries):
    """A wrapper that only counts, and looks at the memory now and then: keeping the queries would be most of it."""

    def execute(run, sql, params, many, context):
        queries["all"] += 1
        queries["searches"] += "MATCH" in sql or "tsquery" in sql
        if queries["all"] % 100 == 0:
            queries["megabytes"] = max(queries["megabytes"], memory())
        return run(sql, params, many, context)

    return execute


def make_news():
    """The last calls that were published and are not closed become news."""
    newest = Call.objects.published().current().newest_first().values_list("pk", flat=True)[:NEW]
    Call.objects.filter(pk__in=list(newest)).update(announcement=None)


def make_followers(number, rng):
    """Each follows one to three themes; one in five also saved one of so many different searches."""
    themes = list(Theme.objects.values_list("pk", flat=True))
    words = Word.objects.filter(word__regex="^[a-z]{5,}$").order_by("word").values_list("word", flat=True)
    states = [f"q={word}" for word in rng.sample(list(words), SEARCHES)]
    since = {"told_until": last_announcement(), "date_joined": timezone.now() - timedelta(days=40)}
    wishes = since | {"digest": "daily", "remind_of": "off"}  # reminders depend on the hour
    for first in range(0, number, 5_000):
        users = [User(email=f"lezer{n}@example.org", **wishes) for n in range(first, min(first + 5_000, number))]
        User.objects.bulk_create(users)
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
        )
        Follow.objects.bulk_create(
            Follow(user=user, theme_id=theme) for user in users for theme in rng.sample(themes, rng.randint(1, 3))
        )
        SavedSearch.objects.bulk_create(
            SavedSearch(user=user, name="Zoekopdracht", state=rng.choice(states))
            for user in users
            if rng.random() < 0.2
        )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def memory():
    """What this process holds itself, in megabytes; the pages of SQLite's file that it maps are not its own."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) / 1024


if __name__ == "__main__":
    (prepare if sys.argv[2:] == ["prepare"] else main)(int(sys.argv[1]))
