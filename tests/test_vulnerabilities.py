"""bin/audit, the real pip-audit, against a stand-in for the database that it asks: it never says well for unknown."""

import json
import re
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parent.parent
PINNED = set(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M))
KNOWN = {
    "id": "PYSEC-2099-1",
    "published": "2026-11-01T00:00:00Z",
    "modified": "2026-11-01T00:00:00Z",
    "summary": "A made-up fault.",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
        }
    ],
}


@pytest.fixture
def database():
    """Gives (its address, what it knows of a package, the (package, release) pairs that it was asked about)."""
    knows, asked = {}, set()

    class Database(BaseHTTPRequestHandler):
        def do_POST(self):
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = query["package"]["name"]
            asked.add((name, query["version"]))
            status, answer = knows.get(name, (200, {}))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Database)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query", knows, asked
    server.shutdown()
    server.server_close()


def audit(address):
    """(exit code, what it says)"""
    command = [ROOT / "bin/audit", "--vulnerability-service", "osv", "--osv-url", address]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout + result.stderr


def test_every_pinned_release_is_asked_about(database):
    address, _knows, asked = database
    code, says = audit(address)
    assert (code, says.splitlines()[-1]) == (0, "No known vulnerabilities found")
    # Those for other systems than this one are left out.
    elsewhere = PINNED - asked
    assert asked <= PINNED
    assert {name for name, _release in elsewhere} <= {"colorama", "tzdata"}


def test_a_known_vulnerability_fails_and_says_where_it_is_mended(database):
    address, knows, _asked = database
    knows["django"] = 200, {"vulns": [KNOWN]}
    code, says = audit(address)
    assert code == 1
    assert re.search(r"^django +\S+ +PYSEC-2099-1 +99\.1", says, re.M)


@pytest.mark.parametrize("status", [404, 500])
def test_what_cannot_be_asked_fails(database, status):
    address, knows, _asked = database
    knows["django"] = status, {}
    code, says = audit(address)
    assert (code, "No known vulnerabilities found" in says) == (1, False)
    assert "could not be asked" in says
