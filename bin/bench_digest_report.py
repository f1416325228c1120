"""The table of bin/bench digest, and which goals were met."""

from operator import itemgetter

from bin.bench_report import lines_of

MOST_TIMES = 1.3


def seconds_a_mail(found):
    return found["seconds"] / max(found["mails"], 1)


ROWS = {
    "seconds": itemgetter("seconds"),
    "mails written": itemgetter("mails"),
    "entries in them": itemgetter("notices"),
    "milliseconds a mail": lambda found: seconds_a_mail(found) * 1000,
    "queries": itemgetter("queries"),
    "searches run": itemgetter("searches"),
    "different searches saved": itemgetter("different_searches"),
    "memory before (MB)": itemgetter("megabytes_before"),
    "most memory (MB)": itemgetter("megabytes"),
    "seconds of a second run": itemgetter("again_seconds"),
    "mails of a second run": itemgetter("again_mails"),
}


def report(results):
    """Lines of text for {database: {number of followers: what bench_digest printed}}."""
    return lines_of(results, "followers", ROWS, goals(results))


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
            slower = seconds_a_mail(last) / seconds_a_mail(first)
            yield slower <= MOST_TIMES, f"{database}: time linear: {slower:.2f} times as long a mail"
