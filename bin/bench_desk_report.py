"""The table of bin/bench desk, and which goals were met."""

from bin.bench_report import lines_of

MOST_TIMES, MOST_QUERIES = 1.5, 11


def report(results):
    """Lines of text for {database: {number of calls: what bench_desk printed}}."""
    names = list(next(iter(next(iter(results.values())).values()))["pages"])
    rows = {f"{name} ({unit})": number(name, unit) for name in names for unit in ("ms", "queries")}
    return lines_of(results, "calls", rows, goals(results))


def number(name, unit):
    return lambda found: found["pages"][name][unit]


def goals(results):
    for database, sizes in results.items():
        pages = [sizes[size]["pages"]["list"] for size in (min(sizes), max(sizes))]
        queries = max(page["queries"] for page in pages)
        yield queries <= MOST_QUERIES, f"{database}: the list takes less than 12 queries: {queries}"
        if len(sizes) > 1:
            times = pages[1]["ms"] / pages[0]["ms"]
            yield times <= MOST_TIMES, f"{database}: the list takes at most {MOST_TIMES} times as long: {times:.2f}"
