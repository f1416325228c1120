"""compose.yaml, the example of its environment and the Dockerfile: whole, pinned, and in step with the code."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
EXAMPLE = (ROOT / "deploy/production.env.example").read_text(encoding="utf-8")
READ = re.compile(r"env\.\w+\(\s*[\"']([A-Z_]+)[\"']")
GIVEN = re.compile(r"\$\{([A-Z_]+)")
# What neither Python nor compose.yaml reads: gunicorn's own.
ELSEWHERE = {"WEB_CONCURRENCY"}


def test_compose_reads_it():
    """With what stands under << merged and ${NAME:-value} filled in, which compose does first."""
    filled = re.sub(r"\$\{\w+(?::[-?]([^}]*))?\}", r"\1", yaml.safe_dump(COMPOSE, sort_keys=False))
    assert PyCompose.from_yaml(filled).service_names() == list(SERVICES)


def test_compose_would_say_what_is_wrong():
    with pytest.raises(ValueError, match="depends_onn"):
        PyCompose.from_yaml("services: {app: {image: 'portal:1', depends_onn: [db]}}")


def test_every_image_has_an_exact_tag():
    foreign = [service["image"] for service in SERVICES.values() if not service["image"].startswith("vleva-portal:")]
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M)
    assert (len(foreign), len(bases)) == (3, 2)
    assert [image for image in [*foreign, *bases] if not re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z]+", image)] == []


def test_our_image_is_made_once_and_never_fetched():
    """Services that build one tag at the same time make as many images, or fail; a name nobody owns may be taken."""
    ours = {name: one for name, one in SERVICES.items() if one["image"].startswith("vleva-portal:")}
    assert [name for name, one in SERVICES.items() if "build" in one] == ["prepare"]
    assert {one["pull_policy"] for one in ours.values()} == {"never"}


def test_nginx_asks_again_where_the_app_servers_are():
    """A container that is started again may have another address."""
    servers = re.findall(r"server (\w+):8000 (\w+)", SERVICES["nginx"]["environment"]["APP_SERVERS"])
    assert servers == [("app1", "resolve"), ("app2", "resolve")]


def test_what_waits_for_what():
    waits = {
        name: {on: how["condition"] for on, how in one.get("depends_on", {}).items()} for name, one in SERVICES.items()
    }
    prepared = {"prepare": "service_completed_successfully", "redis": "service_healthy"}
    assert waits == {
        "prepare": {"db": "service_healthy"},
        **dict.fromkeys(("app1", "app2", "worker", "notices", "nightly"), prepared),
        "nginx": {"app1": "service_healthy", "app2": "service_healthy"},
        "db": {},
        "redis": {},
    }
    # Healthy is only what is asked; the app servers are by the Dockerfile.
    assert {name for name, one in SERVICES.items() if "test" in one.get("healthcheck", {})} == {"db", "redis"}
    assert [name for name in SERVICES if SERVICES[name]["restart"] != "unless-stopped"] == ["prepare"]


def test_every_command_exists_with_its_options():
    commands = {
        name: one["command"].split() for name, one in SERVICES.items() if one.get("command", "").startswith("python")
    }
    assert set(commands) == {"prepare", "worker", "notices", "nightly"}
    for python, manage, command, *options in commands.values():
        assert (python, manage) == ("python", "manage.py")
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        parser.parse_args(options)


def test_what_is_kept_is_on_volumes():
    mounts = [one.split(":")[0] for service in SERVICES.values() for one in service.get("volumes", [])]
    assert {one for one in mounts if one[0].isalpha()} == set(COMPOSE["volumes"]) == {"data", "database", "backups"}
    files = [one for one in mounts if one.startswith("./")]
    assert len(files) == 3
    assert [path for path in files if not (ROOT / path).exists()] == []


def test_only_nginx_is_reached_from_outside():
    assert {name: one["ports"] for name, one in SERVICES.items() if "ports" in one} == {"nginx": ["80:80", "443:443"]}


def test_nginx_is_told_all_that_its_configuration_asks():
    asked = set(GIVEN.findall((ROOT / "deploy/nginx.conf").read_text(encoding="utf-8"))) - {"CAPITALS"}
    assert set(SERVICES["nginx"]["environment"]) == asked


# The environment -----------------------------------------------------------------------------------------------------


def read_names():
    files = [ROOT / f"portal/{name}.py" for name in ("settings", "environment", "databases")]
    return {name for file in files for name in READ.findall(file.read_text(encoding="utf-8"))}


def test_every_setting_is_in_the_example_with_one_line_what_it_does():
    lines = EXAMPLE.splitlines()
    named = {}
    for before, line in pairwise(lines):
        if match := re.match(r"#?([A-Z_]+)=", line):
            named[match[1]] = before
    assert set(named) == read_names() | set(GIVEN.findall(TEXT)) | ELSEWHERE
    assert len(named) == len(re.findall(r"^#?[A-Z_]+=", EXAMPLE, re.M))
    assert [name for name, says in named.items() if not re.fullmatch(r"# [A-Z].{10,}\.?.*", says)] == []


def test_every_setting_that_code_reads_is_seen():
    """READ finds them all: no other file asks for one, and none has a name that it would not find."""
    sources = [
        path for app in ("portal", "accounts", "calls", "funds", "contacts") for path in (ROOT / app).rglob("*.py")
    ]
    readers = {path.stem for path in sources if re.search(r"\benv\.\w+\(", path.read_text(encoding="utf-8"))}
    assert readers == {"settings", "environment", "databases"}
    assert {"SECRET_KEY", "METRICS_TOKEN", "STATEMENT_SECONDS", "SENTRY_DSN", "PORT"} <= read_names()


def filled_in():
    """The example as compose reads it, with what it leaves empty."""
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.M))
    empty = {name for name, value in values.items() if not value}
    assert empty == {"SECRET_KEY", "POSTGRES_PASSWORD", "EMAIL_HOST"}
    values |= {
        "SECRET_KEY": "0123456789abcdefghijklmno" * 2,
        "POSTGRES_PASSWORD": "abc123",
        "EMAIL_HOST": "mail.example.org",
    }
    return {name: re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], value) for name, value in values.items()}


def test_the_example_starts_production_once_it_is_filled_in(tmp_path):
    values = filled_in() | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    look = (
        "import django; django.setup(); from django.conf import settings as s; own = s.DATABASES['default'];"
        "print(own['HOST'], own['PASSWORD'], s.ALLOWED_HOSTS[0], s.CACHES['default']['LOCATION'])"
    )
    command = [sys.executable, "-W", "error", "-c", look]
    result = subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("db abc123 oproepen.vleva.eu redis://redis:6379/0\n", "")
    check = [sys.executable, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    result = subprocess.run(check, cwd=ROOT, env=values, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "name"), [(line, name) for line in EXAMPLE.splitlines() for name in re.findall(r"^#([A-Z_]+)=.", line)]
)
def test_no_value_is_quoted_or_spoils_the_file(line, name):
    assert not re.search(r"""=["']""", line), name
    assert line.count("$") == 0
