"""The table of bin/bench import, and which goals were met."""

from operator import itemgetter

from bin.bench_report import lines_of

LEAST_A_SECOND = 200
MOST_MEGABYTES = 1.3  # times


def rate(found):
    return found["records"] / found["seconds"]


ROWS = {
    "drafts made": itemgetter("new"),
    "broken": itemgetter("broken"),
    "seconds": itemgetter("seconds"),
    "records a second": rate,
    "memory before (MB)": itemgetter("megabytes_before"),
    "memory after (MB)": itemgetter("megabytes"),
    "seconds of a second run": itemgetter("again_seconds"),
    "records a second in it": lambda found: found["records"] / found["again_seconds"],
    "unchanged in it": itemgetter("again_unchanged"),
    "seconds for the words": itemgetter("word_seconds"),
}


def report(results):
    """Lines of text for {database: {number of records: what bench_import printed}}."""
    return lines_of(results, "records", ROWS, goals(results))


def goals(results):
    for database, sizes in results.items():
        first, last = sizes[min(sizes)], sizes[max(sizes)]
        yield rate(last) >= LEAST_A_SECOND, f"{database}: at least {LEAST_A_SECOND} records a second: {rate(last):.0f}"
        same = all(found["again_unchanged"] == found["new"] and not found["again_changed"] for found in sizes.values())
        yield same, f"{database}: a second run of the same changes nothing"
        if len(sizes) > 1:
            times = last["megabytes"] / first["megabytes"]
            yield times <= MOST_MEGABYTES, f"{database}: memory flat: {times:.2f} times"
