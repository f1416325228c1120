"""Runs the benchmarks: a process and a fresh database for every size, then the tables and what came of the goals.

A subject is a module, bench_SUBJECT: `python -m MODULE SIZE` fills the empty database it finds and says "ready",
measures once and says "ready" for every line it hears, and at the end prints its medians as JSON. `report(results)` in
MODULE_report makes lines of them. Add another subject to SIZES. Options that only one subject knows are handed to it.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

SIZES = {
    "find": [100, 10_000, 100_000],
    "desk": [100, 100_000],
    "digest": [1_000, 100_000],
    "import": [1_000, 10_000],
    "serve": [1_000],
    "scaleout": [1_000],
}
ALONE = {"scaleout"}  # on a PostgreSQL of its own, once
WARM_UPS, REPETITIONS = 2, {"serve": 7}  # a round of serve takes over a minute
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def main():
    asked = arguments()
    module, sizes = f"bin.bench_{asked.subject}", asked.sizes or SIZES[asked.subject]
    if asked.subject in ALONE:
        import_module(module).main(*sizes)
        return
    repetitions = asked.repetitions or REPETITIONS.get(asked.subject, 15)
    more = ["--no-wagtail"] if asked.no_wagtail else []
    results = {DATABASES[database]: run(module, database, sizes, repetitions, more) for database in asked.databases}
    for line in import_module(f"{module}_report").report(results):
        print(line)


def arguments():
    parser = argparse.ArgumentParser(prog="bin/bench", description="How fast the portal is as the calls grow.")
    parser.add_argument("subject", nargs="?", default="find", choices=SIZES)
    parser.add_argument("--sizes", type=numbers, help="numbers of calls, followers or records, with commas")
    parser.add_argument("--databases", type=names, default=list(DATABASES), help="sqlite, postgresql or both")
    parser.add_argument("--repetitions", type=int, help="rounds that count, after two that warm up")
    parser.add_argument("--no-wagtail", action="store_true", help="serve: leave out the Wagtail site beside ours")
    return parser.parse_args()


def numbers(text):
    return sorted(int(part) for part in text.split(","))


def names(text):
    found = text.split(",")
    if unknown := set(found) - set(DATABASES):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return found


def run(module, database, sizes, repetitions, more):
    """{size: what the module measured}. Every size stays in a process and a database of its own and they take turns,
    so that whatever else this machine does slows all of them alike."""
    with ExitStack() as stack:
        processes = {}
        for size in sizes:
            print(f"… {DATABASES[database]}, {size:,}", file=sys.stderr)
            processes[size] = start(stack, database, [module, str(size), *more])
            listen(processes[size])
        for _ in range(WARM_UPS + repetitions):
            for process in processes.values():
                process.stdin.write("again\n")
                process.stdin.flush()
                listen(process)
        return {size: finish(process) for size, process in processes.items()}


def start(stack, database, arguments):
    command, environment = [sys.executable, "-m", *arguments], os.environ
    if database == "postgresql":
        command = [sys.executable, "bin/with_postgres.py", *command]
    else:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=os.environ.get("DATA_DIR")))
        environment = environment | {"DATABASE_URL": f"sqlite:///{Path(folder, 'bench.sqlite3')}"}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.callback(stop, process)
    return process


def stop(process):
    process.terminate()
    process.wait()


def listen(process):
    """The next line that it says."""
    if line := process.stdout.readline():
        return line
    raise SystemExit(f"bin/bench: {' '.join(process.args)} ended before its time")


def finish(process):
    process.stdin.close()
    return json.loads(listen(process))


if __name__ == "__main__":
    # So that a stopped bench leaves no process and no database behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
