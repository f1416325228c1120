"""Settings of production: complete or refused, https only, cookies that no other host can set."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg_pool.base import AttemptWithBackoff

from portal.databases import POSTGRESQL_OPTIONS

ROOT = Path(__file__).parent.parent


@pytest.fixture
def production(tmp_path):
    """Runs Python with an environment that is complete for production, but for what is given."""
    complete = {
        "SECRET_KEY": "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "oproepen.example.org",
        "DATABASE_URL": "postgres://portal@127.0.0.1:1/portal",
        "EMAIL_HOST": "mail.example.org",
        "DEFAULT_FROM_EMAIL": "VLEVA <portaal@example.org>",
        "SITE_URL": "https://oproepen.example.org",
        "DATA_DIR": str(tmp_path),
        "STATIC_ROOT": str(tmp_path / "static"),
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }

    def run(*arguments, **changes):
        environment = {name: value for name, value in (complete | changes).items() if value is not None}
        command = [sys.executable, "-W", "error", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    return run


def test_production_settings_pass_the_deployment_check(production):
    result = production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SECRET_KEY", None, "SECRET_KEY is not set"),
        ("SECRET_KEY", "k" * 49, "SECRET_KEY is shorter than 50 characters"),
        ("ALLOWED_HOSTS", "oproepen.example.org,*", "ALLOWED_HOSTS allows every host"),
        ("ALLOWED_HOSTS", None, "ALLOWED_HOSTS is not set"),
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        ("DATABASE_URL", "sqlite:////data/portal.sqlite3", "DATABASE_URL is not a PostgreSQL database"),
        ("EMAIL_HOST", None, "EMAIL_HOST is not set"),
        ("DEFAULT_FROM_EMAIL", "", "DEFAULT_FROM_EMAIL is not set"),
        ("SITE_URL", None, "SITE_URL is not set"),
        ("SECRET_KEY_FALLBACKS", "k" * 49, "SECRET_KEY_FALLBACKS has a key shorter than 50"),
        ("METRICS_TOKEN", "t" * 19, "METRICS_TOKEN is shorter than 20 characters"),
        ("STAFF_SECOND_FACTOR", "false", "STAFF_SECOND_FACTOR is off"),
        ("DEBUG", "true", "DEBUG is on"),
    ],
)
def test_production_settings_refuse_to_start_half_configured(production, name, value, problem):
    result = production("manage.py", "check", **{name: value})
    assert result.returncode == 1
    assert f"ImproperlyConfigured: Production settings: {problem}. (To try" in result.stderr


VISIT = """
import django, json
django.setup()
from django.conf import settings
from django.test import Client
from portal.cookies import HostCookieStorage
visit = Client(headers={"host": "oproepen.example.org"}).get
plain, secure, alive = visit("/mijn/?a=1"), visit("/mijn/", secure=True), visit("/healthz/?live")
print(json.dumps([
    [plain.status_code, plain["Location"]], secure["Strict-Transport-Security"], alive.status_code,
    [visit(path).status_code for path in ("/readyz/", "/metrics/")],
    [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.DEBUG],
    [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, HostCookieStorage.cookie_name],
    [settings.SESSION_COOKIE_DOMAIN, settings.SESSION_COOKIE_PATH, settings.CSRF_COOKIE_PATH],
]))
"""


def test_production_answers_over_https_only_and_keeps_cookies_there(production, tmp_path):
    (tmp_path / "static").mkdir()
    result = production("-c", VISIT, METRICS_TOKEN="t" * 20)
    assert json.loads(result.stdout or "null") == [
        [301, "https://oproepen.example.org/mijn/?a=1"],
        "max-age=2592000",
        200,
        [503, 401],
        [True, True, False],
        ["__Host-sessionid", "__Host-csrftoken", "__Host-messages"],
        [None, "/", "/"],
    ], result.stderr


def test_a_database_that_is_back_is_found_within_seconds_however_long_it_was_gone():
    """By the pool's own reckoning: with its default it would wait for two minutes after an outage of four."""
    attempt, now, waits = AttemptWithBackoff(timeout=POSTGRESQL_OPTIONS["pool"]["reconnect_timeout"]), 0, []
    while not attempt.time_to_give_up(now):
        attempt.update_delay(now)
        waits.append(attempt.delay)
        now += attempt.delay
    assert 1 < max(waits) < 2.5
