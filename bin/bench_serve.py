"""What one machine serves with CALLS made-up calls: the portal's pages beside a bare Django view of the same bytes.

For bin/bench.py: python -m bin.bench_serve CALLS. Needs wrk and nginx (Debian's packages). Every server runs all the
time, gunicorn's with as many workers and threads as bin/serve starts; wrk visits one after the other, in turns.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.test import Client  # noqa: E402
from django.utils.http import urlencode  # noqa: E402

from accounts.following import follow  # noqa: E402
from accounts.models import User  # noqa: E402
from bin.bench import WARM_UPS  # noqa: E402
from bin.bench_find import COMMON, THEME, fill  # noqa: E402
from bin.bench_servers import granian, gunicorn, memory, needed, nginx  # noqa: E402
from bin.bench_watch import turns  # noqa: E402
from calls.models import Call  # noqa: E402
from funds.models import Theme  # noqa: E402

CONNECTIONS, SECONDS = 16, 2
FLOOD = 100_000  # requests between two looks at the memory of the workers
BROTLI = {"Accept-Encoding": "br"}
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000}
NO_LIMITS = {"SEARCHES_A_MINUTE": "0"}


def main(calls):
    needed("wrk")
    fill(calls)
    with ExitStack() as stack:
        targets = start(stack)
        runs = {name: [] for name in targets}
        for number, _ in enumerate(turns()):
            for name, target in targets.items():
                found = wrk(*target, SECONDS)
                if number >= WARM_UPS:
                    runs[name].append(found)
        print(
            json.dumps(
                {
                    "targets": {name: medians(found) for name, found in runs.items()},
                    "memory": flood(*targets["list"]),
                }
            )
        )


def medians(found):
    rates, percentiles = zip(*found, strict=True)
    return {"rate": median(rates), "p99": median(percentiles)}


def start(stack):
    """{name: (server, path, headers)}: for every page a floor of the same bytes, then what is measured against it."""
    call = Call.objects.published().open().first()
    pages = {"home": "/", "list": "/oproepen/", "search": f"/oproepen/?{urlencode({'q': COMMON})}"}
    pages |= {"call": call.get_absolute_url(), "theme": f"/themas/{THEME}/"}
    folder, own = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _folder in range(2))
    portal = stack.enter_context(gunicorn(os.environ | NO_LIMITS))
    unkept = stack.enter_context(gunicorn(os.environ | NO_LIMITS | {"PAGE_CACHE_MEGABYTES": "0"}))
    fast = stack.enter_context(granian(os.environ | NO_LIMITS))
    cookie = {"Cookie": f"sessionid={session_key()}"}
    tags = {name: save(folder / name, portal, path, BROTLI) for name, path in pages.items()}
    save(folder / "own", portal, pages["list"], cookie)
    floor = stack.enter_context(gunicorn(os.environ | {"FOLDER": str(folder)}, "bin.bench_floor"))
    files = stack.enter_context(nginx(own, f"root {folder};"))
    targets = {}
    for name, path in pages.items():
        targets |= {f"floor: {name}": (floor, f"/{name}", BROTLI), name: (portal, path, BROTLI)}
    return targets | {
        "floor: logged in": (floor, "/own", {}),
        "logged in": (portal, pages["list"], cookie),
        "from scratch": (unkept, pages["list"], BROTLI),
        "304": (portal, pages["list"], BROTLI | {"If-None-Match": tags["list"]}),
        "granian: list": (fast, pages["list"], BROTLI),
        "granian: logged in": (fast, pages["list"], cookie),
        "nginx: file": (files, "/list", BROTLI),
    }


def session_key():
    """Of a user who follows three themes."""
    user = User.objects.create(email="volger@example.org")
    follow(user, Theme.objects.values_list("pk", flat=True)[:3])
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client.cookies["sessionid"].value


def save(file, server, path, headers):
    """Writes down the bytes that the portal answers; gives their ETag, if they have one."""
    status, answered, body = server.get(path, **headers)
    if status != 200:
        raise SystemExit(f"bin/bench: {path} answered {status}")
    file.write_bytes(body)
    return answered.get("ETag", "")


def wrk(server, path, headers, seconds, *more):
    """(requests a second, 99th percentile in ms); an answer that is neither 200 nor 304 ends the bench."""
    said = [f"-H{name}: {value}" for name, value in ({"Host": "localhost"} | headers).items()]
    address = f"http://127.0.0.1:{server.port}{path}"
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *said, *more, address]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"bin/bench: {path}: {text}")
    percentile, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", text).groups()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(percentile) * MILLISECONDS[unit]


def flood(server, path, headers):
    """MB of all workers of a server before and after FLOOD requests; each tenth is a search that is new."""
    before, left = memory(server.process), FLOOD
    while left > 0:
        rate, _p99 = wrk(server, path, headers, 10, "-s", str(Path(__file__).with_name("bench_flood.lua")))
        left -= rate * 10
    return before, memory(server.process)


if __name__ == "__main__":
    # So that a stopped bench leaves no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main(int(sys.argv[1]))
