"""The throw-away PostgreSQL for one command, as bin/bench and bin/test use it."""

import os
import subprocess
import sys

import psycopg
import pytest

from bin.bench_servers import ROOT

# It says where its database is, and what it did when it was told to stop.
COMMAND = """
import os, signal, sys, time
def stop(*_):
    print("ended by itself", flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, stop)
print(os.environ["DATABASE_URL"], flush=True)
time.sleep(60)
"""


def test_a_command_that_is_stopped_ends_by_itself_and_its_database_after_it():
    arguments = [sys.executable, "bin/with_postgres.py", sys.executable, "-c", COMMAND]
    with subprocess.Popen(arguments, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        process.terminate()
        assert process.communicate(timeout=30)[0] == "ended by itself\n"
        assert process.returncode == 7
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
