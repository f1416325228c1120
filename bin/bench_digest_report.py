"""The table of bin/bench digest, and which goals were met."""

MOST_TIMES = 1.3
ROWS = {
    "seconds": "seconds",
    "mails": "mails written",
    "notices": "entries in them",
    "queries": "queries",
    "searches": "searches run",
    "different_searches": "different searches saved",
    "megabytes_before": "memory before (MB)",
    "megabytes": "most memory (MB)",
    "again_seconds": "seconds of a second run",
    "again_mails": "mails of a second run",
}


def report(results):
    """Lines of text for {database: {number of followers: what bench_digest printed}}."""
    for database, sizes in results.items():
        yield ""
        yield f"{database:28}" + "".join(f"{f'{size:,} followers':>22}" for size in sizes)
        for name, label in ROWS.items():
            yield f"{label:28}" + "".join(f"{found[name]:>22,.1f}" for found in sizes.values())
        per_mail = (found["seconds"] / max(found["mails"], 1) * 1000 for found in sizes.values())
        yield f"{'milliseconds a mail':28}" + "".join(f"{ms:>22,.2f}" for ms in per_mail)
    yield ""
    for met, goal in goals(results):
        yield f"{'met    ' if met else 'NOT MET'}  {goal}"


def goals(results):
    for database, sizes in results.items():
        first, last = sizes[min(sizes)], sizes[max(sizes)]
        # Once for the new calls, and once for the reminders of the day.
        once = all(found["searches"] <= 2 * found["different_searches"] for found in sizes.values())
        yield once, f"{database}: the same search of many followers runs once"
        yield all(not found["again_mails"] for found in sizes.values()), f"{database}: a second run writes nothing"
        if len(sizes) > 1:
            memory = last["megabytes"] / first["megabytes"]
            yield memory <= MOST_TIMES, f"{database}: memory flat: {memory:.2f} times"
            slower = (last["seconds"] / last["mails"]) / (first["seconds"] / first["mails"])
            yield slower <= MOST_TIMES, f"{database}: time linear: {slower:.2f} times as long a mail"
