"""A crash reported to Sentry: a real server that crashes, and a real one that gets the report."""

import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import brotli
import pytest
import requests
from django.conf import settings

from tests.processes import environment
from tests.server import Server

SOMEBODY, VISITOR = "jan.peeters@example.org", "203.0.113.77"
TOKEN, WORD = "12-new.a8F_k2-geheim", "asielzoeker-jan"


@pytest.fixture
def sentry():
    """Gives (its address, the envelopes it got)."""
    envelopes = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            envelopes.append(brotli.decompress(body) if self.headers.get("Content-Encoding") == "br" else body)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://sleutel@127.0.0.1:{server.server_port}/1", envelopes
    server.shutdown()
    server.server_close()


def events(envelopes):
    """The crashes in them; other items, such as a count of what was left out, are no crash."""
    lines = [[json.loads(line) for line in envelope.splitlines() if line] for envelope in envelopes]
    return [payload for _head, *items in lines for item, payload in zip(items[::2], items[1::2], strict=True)
            if item["type"] == "event"]  # fmt: skip


def test_a_crash_is_reported_and_tells_of_nobody(transactional_db, tmp_path, sentry):
    address, envelopes = sentry
    server = Server("tests.crashing", tmp_path, SENTRY_DSN=address, TRUSTED_PROXY_COUNT="1", LOG_FORMAT="json")
    try:
        headers = {"X-Forwarded-For": VISITOR, "User-Agent": "Firefox", "Authorization": f"Bearer {TOKEN}"}
        headers["Referer"] = f"{server.address}/afmelden/{TOKEN}/"
        cookies = {"sessionid": TOKEN, "anders": WORD}
        data = {"login": SOMEBODY, "password": WORD}
        url = f"{server.address}/stuk/?q={WORD}&mail={SOMEBODY}"
        assert requests.post(url, data=data, headers=headers, cookies=cookies, timeout=30).status_code in (403, 500)
        assert requests.get(url, headers=headers, cookies=cookies, timeout=30).status_code == 500
        until = time.monotonic() + 30
        while not events(envelopes):
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        server.stop()
    (event,) = events(envelopes)
    crash = event["exception"]["values"][-1]
    assert crash["type"] in ("IntegrityError", "UniqueViolation")
    frames = [frame for frame in crash["stacktrace"]["frames"] if frame["function"] == "crash"]
    assert [frame["module"] for frame in frames] == ["tests.crashing"]
    assert [
        frame for value in event["exception"]["values"] for frame in value["stacktrace"]["frames"] if "vars" in frame
    ] == []
    assert event["request"] == {"method": "GET", "url": f"http://…:{server.port}/stuk/"}
    assert {"user", "extra", "breadcrumbs", "modules"} & event.keys() == set()
    everything = b"\n".join(envelopes).decode()
    assert [word for word in (SOMEBODY, "jan.peeters", VISITOR, TOKEN, WORD, "Firefox") if word in everything] == []


@pytest.mark.parametrize(("dsn", "loaded"), [("", "False"), ("http://sleutel@127.0.0.1:1/1", "True")])
def test_without_an_address_nothing_is_loaded(tmp_path, dsn, loaded):
    look = "import django, sys; django.setup(); print('sentry_sdk' in sys.modules)"
    own = environment(SENTRY_DSN=dsn, DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="portal.settings")
    result = subprocess.run(
        [sys.executable, "-c", look], cwd=settings.BASE_DIR, env=own, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == loaded
