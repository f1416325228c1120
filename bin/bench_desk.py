"""The editors' desk with CALLS made-up calls in an empty database: the list of calls, a form, the overview.

For bin/bench.py: python -m bin.bench_desk CALLS. In this process, with Django's test client and an editor without a
second factor; the settings are production's, apart from DEVELOPMENT.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import User  # noqa: E402
from bin.bench_find import fill  # noqa: E402
from bin.bench_watch import measure, turns  # noqa: E402
from calls.models import Call  # noqa: E402
from funds.models import Fund  # noqa: E402


def main(calls):
    fill(calls)
    settings.STAFF_SECOND_FACTOR = False
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create(email="redactie@example.org", is_staff=True, is_superuser=True))
    found = measure(actions(client), turns())
    print(json.dumps({"pages": {name: page and page | {"answer": None} for name, page in found.items()}}))


def actions(client):
    """{name: function} for every page."""
    calls = reverse("admin:calls_call_changelist")
    call = Call.objects.published().latest("published_at")
    paths = {
        "list": calls,
        "list, last page": f"{calls}?p={(Call.objects.count() - 1) // 50 + 1}",
        "list, a fund": f"{calls}?fund__id__exact={Fund.objects.first().pk}",
        "list, a word": f"{calls}?q=integratie",
        "form of a call": reverse("admin:calls_call_change", args=[call.pk]),
        "overview": reverse("overview"),
    }
    return {name: lambda path=path: read(client, path) for name, path in paths.items()}


def read(client, path):
    response = client.get(path)
    if response.status_code != 200:
        raise SystemExit(f"bin/bench: {path} answered {response.status_code}")
    return response.content


if __name__ == "__main__":
    main(int(sys.argv[1]))
