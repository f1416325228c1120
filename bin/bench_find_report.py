"""The tables of bin/bench find, and which goals were met."""

LISTS = [
    "list",
    "list, all calls",
    "every filter",
    "filters, closes in 90 days",
    "filters, opened in 90 days",
    "sorted by newest",
    "page 200",
]
MOST_TIMES = 2
# Milliseconds of database time on PostgreSQL with so many calls: what is found and all counts, without the cards.
SEARCH_SIZE = 100_000
SEARCH_GOALS = {"common word, with counts": 60, "rare word, with counts": 5}
# `calls` is how many calls the page shows: a full page takes longer than one of three.
HEAD = f"{'ms':>8} {'ratio':>6} {'db ms':>8} {'queries':>7} {'calls':>5}"


def report(results):
    """Lines of text for {database: {size: what bench_find printed}}."""
    for database, sizes in results.items():
        yield from table(database, sizes)
        yield from plan_lines(database, sizes)
    yield ""
    for met, goal in goals(results):
        yield f"{'met    ' if met else 'NOT MET' if met is not None else 'not run'}  {goal}"


def table(database, sizes):
    """A row a page; for every size the time, its ratio to the first size, the database's share and the queries."""
    first = sizes[min(sizes)]["pages"]
    yield ""
    yield f"{database:28}" + "".join(f"{f'{size:,} calls':>39}" for size in sizes)
    yield f"{'':28}" + f" {HEAD}" * len(sizes)
    for name in first:
        yield f"{name:28}" + "".join(cells(found["pages"][name], first[name]) for found in sizes.values())
    yield f"{'written and indexed':28}" + "".join(f" {found['seconds']:>36.1f} s" for found in sizes.values())


def cells(found, first):
    if found is None:
        return f"{'–':>9}{'':30}"
    ratio = f"{found['ms'] / first['ms']:.2f}" if first else "–"
    return f" {found['ms']:>8.2f} {ratio:>6} {found['db_ms']:>8.2f} {found['queries']:>7} {found['answer'] or '':>5}"


def plan_lines(database, sizes):
    size = max(sizes)
    yield ""
    yield f"Which index serves which query ({database}, {size:,} calls, common word)"
    for name, lines in sizes[size]["plans"].items():
        yield f"  {name}"
        yield from (f"    {line[:180]}" for line in lines)


def goals(results):
    """(met, what) for every goal; met is None where nothing was measured."""
    for database, sizes in results.items():
        yield same_queries(database, {size: found["pages"] for size, found in sizes.items()})
        yield flat_lists(database, {size: found["pages"] for size, found in sizes.items()})
    pages = results.get("PostgreSQL", {}).get(SEARCH_SIZE, {}).get("pages", {})
    for name, most in SEARCH_GOALS.items():
        goal = f"PostgreSQL, {SEARCH_SIZE:,} calls: {name} under {most} ms of database time"
        took = pages[name]["db_ms"] if name in pages else None
        yield (None, goal) if took is None else (took < most, f"{goal}: {took:.1f} ms")


def same_queries(database, sizes):
    goal = f"{database}: the same number of queries at every size"
    counts = {}
    for pages in sizes.values():
        for name, found in pages.items():
            counts.setdefault(name, set()).update({found["queries"]} if found else ())
    differing = {name: sorted(found) for name, found in counts.items() if len(found) > 1}
    named = "; ".join(f"{name}: {' or '.join(map(str, found))}" for name, found in differing.items())
    return not differing, f"{goal} ({named})" if named else goal


def flat_lists(database, sizes):
    first, last = sizes[min(sizes)], sizes[max(sizes)]
    goal = f"{database}: lists and filters at the largest size at most {MOST_TIMES} times the first"
    ratios = {name: last[name]["ms"] / first[name]["ms"] for name in LISTS if first[name] and last[name]}
    if len(sizes) < 2 or not ratios:
        return None, goal
    worst = max(ratios, key=ratios.get)
    shown = f"{first[worst]['answer']} calls shown at first, {last[worst]['answer']} at last"
    return ratios[worst] <= MOST_TIMES, f"{goal}: at most {ratios[worst]:.2f} ({worst}: {shown})"
