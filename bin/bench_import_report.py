"""The table of bin/bench import, and which goals were met."""

LEAST_A_SECOND = 200
MOST_MEGABYTES = 1.3  # times
ROWS = {
    "new": "drafts made",
    "broken": "broken",
    "seconds": "seconds",
    "megabytes_before": "memory before (MB)",
    "megabytes": "memory after (MB)",
    "again_seconds": "seconds of a second run",
    "again_unchanged": "unchanged in it",
}


def report(results):
    """Lines of text for {database: {number of records: what bench_import printed}}."""
    for database, sizes in results.items():
        yield ""
        yield f"{database:28}" + "".join(f"{f'{size:,} records':>20}" for size in sizes)
        for name, label in ROWS.items():
            yield f"{label:28}" + "".join(f"{found[name]:>20,.1f}" for found in sizes.values())
        for name, label in {"seconds": "records a second", "again_seconds": "the second time"}.items():
            yield f"{label:28}" + "".join(f"{found['records'] / found[name]:>20,.0f}" for found in sizes.values())
    yield ""
    for met, goal in goals(results):
        yield f"{'met    ' if met else 'NOT MET'}  {goal}"


def goals(results):
    for database, sizes in results.items():
        first, last = sizes[min(sizes)], sizes[max(sizes)]
        rate = last["records"] / last["seconds"]
        yield rate >= LEAST_A_SECOND, f"{database}: at least {LEAST_A_SECOND} records a second: {rate:.0f}"
        same = all(found["again_unchanged"] == found["new"] and not found["again_changed"] for found in sizes.values())
        yield same, f"{database}: a second run of the same changes nothing"
        if len(sizes) > 1:
            times = last["megabytes"] / first["megabytes"]
            yield times <= MOST_MEGABYTES, f"{database}: memory flat: {times:.2f} times"
