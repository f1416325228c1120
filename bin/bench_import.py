"""An import of RECORDS records of the EU portal into an empty database, and the same once more: rate and memory.

For bin/bench.py: python -m bin.bench_import RECORDS. Drafts, rows and inbox are written; the words of the search,
which the worker writes afterwards, are measured apart. The records come from a file of search answers, as
`import_calls FILE` reads it. Each has some 9,000 characters of text in 12 kB; a real one has 40 kB.
"""

import json
import os
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db.models import Max  # noqa: E402

from bin.bench_digest import memory  # noqa: E402
from calls.imports.files import read_file  # noqa: E402
from calls.imports.importing import import_topics  # noqa: E402
from calls.models import Call, Proposal, Record, Stamp  # noqa: E402
from calls.search.indexing import index_missing  # noqa: E402
from funds.models import Fund  # noqa: E402

PROGRAMME = "43251447"
WORDS = ["gemeente", "integratie", "asiel", "opvang", "steun", "project", "partner", "kosten", "onderwijs", "zorg"]


def main(records):
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("loaddata", "contacts", "funds", "calls", verbosity=0)
    Fund.objects.update(programme_code=PROGRAMME)
    with TemporaryDirectory() as folder:
        path = Path(folder, "answer.json")
        write_answers(path, records)
        found = measure(path, records)
    # Only now: the sizes are to be measured one after the other.
    print("ready", flush=True)
    for _ in sys.stdin:
        print("ready", flush=True)
    print(json.dumps(found))


def measure(path, records):
    before, start = memory(), perf_counter()
    first = import_topics(read_file(path), "bench")
    seconds, peak, state = perf_counter() - start, memory(), state_of_all()
    start = perf_counter()
    second = import_topics(read_file(path), "bench")
    again, start = perf_counter() - start, perf_counter()
    while index_missing():
        pass
    return {
        "records": records,
        "seconds": seconds,
        "new": first.counts["new"],
        "broken": first.counts["broken"],
        "megabytes_before": before,
        "megabytes": peak,
        "again_seconds": again,
        "word_seconds": perf_counter() - start,
        "again_unchanged": second.counts["unchanged"],
        "again_changed": state != state_of_all(),
    }


def state_of_all():
    """What a second run of the same may not change: rows, the moment of the last edit, what lists show."""
    edited = Call.objects.aggregate(last=Max("updated_at"))["last"].isoformat()
    return [Call.objects.count(), Record.objects.count(), Proposal.objects.count(), edited, str(Stamp.now())]


def write_answers(path, records):
    """An answer a line, with a record each."""
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(records):
            file.write(json.dumps({"results": [result(f"AMIF-2027-BENCH-{number}", rng)]}) + "\n")


def result(identifier, rng):
    metadata = {
        "identifier": [identifier],
        "title": [f"{identifier}: {text(rng, 8)}"],
        "type": ["1"],
        "status": ["31094502"],
        "language": ["nl"],
        "frameworkProgramme": [PROGRAMME],
        "startDate": ["2027-01-12T00:00:00.000+0100"],
        "deadlineDate": ["2027-06-01T00:00:00.000+0200"],
        "deadlineModel": ["single-stage"],
        "descriptionByte": [f"<p>{text(rng, 600)}</p>"],
        "topicConditions": [f'<div class="eui-u-mt-l>"><p>{text(rng, 600)}</p></div>'],
    }
    return {"reference": f"{identifier}TOPICSnl", "language": "nl", "summary": identifier, "metadata": metadata}


def text(rng, length):
    return " ".join(f"{rng.choice(WORDS)}{rng.choice(['', '', 'en', 's', 'lijk'])}" for _ in range(length))


if __name__ == "__main__":
    main(int(sys.argv[1]))
