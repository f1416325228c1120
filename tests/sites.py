"""Whole sites, each with a folder, a database and processes of its own."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

POSTGRESQL = os.environ.get("DATABASE_URL", "").startswith("postgres")
READER = "lezer@example.org"
WRITTEN = "Geschreven tijdens de back-up"
NO_LIMITS = {"SEARCHES_A_MINUTE": "0", "API_ANSWERS_A_MINUTE": "0", "FILES_A_MINUTE": "0"}
TABLES = """SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"""
TABLES_OF_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"


class Site:
    """A site in a folder: an empty one, or a copy of another."""

    def __init__(self, folder, like=None, **environment):
        self.folder, self.running = folder, []
        self.database = f"sqlite:///{folder / 'portal.sqlite3'}"
        if POSTGRESQL:
            self.name = f"site_{os.getpid()}_{folder.name}"
            self.database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{self.name}").geturl()
            template = f"TEMPLATE {like.name}" if like else ""
            on_the_server(
                f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name} {template}"
            )
        if like:
            shutil.copytree(like.folder, folder, dirs_exist_ok=True)
        here = {"DATABASE_URL": self.database, "DATA_DIR": str(folder), "DEVELOPMENT": "true"} | NO_LIMITS
        self.environment = os.environ | {"PYTHONWARNINGS": "ignore"} | here | environment

    def start(self, *command):
        """A process of Python."""
        process = subprocess.Popen(
            [*map(str, command)],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def run(self, *command, limit="unlimited"):
        """Runs Python; `limit` is for the size of each file it writes, in blocks of 512 bytes."""
        process = self.start("sh", "-c", f'ulimit -f {limit}; exec "$0" "$@"', sys.executable, *command)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def manage(self, *arguments, **options):
        return self.run("manage.py", *arguments, **options)

    def refused(self, *arguments, **options):
        """Why a command wrote nothing."""
        done = self.manage(*arguments, **options)
        said = re.fullmatch(r"CommandError: (.*)\. Nothing was written\.\n", done.stderr, re.DOTALL)
        assert (done.returncode, bool(said)) == (1, True), done.stderr
        return said[1]

    def task(self, *arguments):
        """What a task of tests/site_tasks.py found."""
        done = self.run("-m", "tests.site_tasks", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def rows(self):
        """{table: its rows, in order}, as text; what is long is a hash."""
        if POSTGRESQL:
            with psycopg.connect(self.database) as connection:
                return rows_of(connection.cursor(), TABLES)
        with closing(sqlite3.connect(self.folder / "portal.sqlite3")) as connection:
            return rows_of(connection.cursor(), TABLES_OF_SQLITE)

    def end(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()
        if POSTGRESQL:
            on_the_server(f"DROP DATABASE {self.name} WITH (FORCE)")


def rows_of(cursor, tables):
    found = {}
    for (name,) in cursor.execute(tables).fetchall():
        rows = map(repr, cursor.execute(f'SELECT * FROM "{name}"').fetchall())
        found[name] = sorted(row if len(row) < 1_000 else sha256(row.encode()).hexdigest() for row in rows)
    return found


def on_the_server(*statements):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
