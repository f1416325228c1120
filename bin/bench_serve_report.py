"""The table of bin/bench serve, and which goals were met."""

PAGES = ["home", "list", "search", "call", "theme"]
# {target: (its floor, at least so many times the floor's requests a second)}
GOALS = {page: (f"floor: {page}", 0.9) for page in PAGES} | {
    "logged in": ("floor: logged in", 0.4),
    "from scratch": ("floor: list", 0.12),
    "304": ("floor: list", 0.95),
}
MOST_SLOWER, MOST_GROWTH = 1.5, 1.1


def report(results):
    """Lines of text for {database: {number of calls: what bench_serve printed}}."""
    for database, sizes in results.items():
        for calls, found in sizes.items():
            yield from table(f"{database}, {calls:,} calls", found["targets"])
            before, after = found["memory"]
            yield f"memory of the workers before and after 100,000 requests: {before:.0f} and {after:.0f} MB"
            yield ""
            yield from goals(database, found)


def table(title, targets):
    yield ""
    yield f"{title:32}{'requests/s':>12}{'of floor':>10}{'p99 ms':>9}"
    for name, found in targets.items():
        floor = targets[floor_of(name)]
        yield f"{name:32}{found['rate']:>12,.0f}{found['rate'] / floor['rate']:>10.2f}{found['p99']:>9.2f}"
    yield ""


def floor_of(name):
    return GOALS[name][0] if name in GOALS else f"floor: {'logged in' if 'logged in' in name else 'list'}"


def goals(database, found):
    targets = found["targets"]
    for name, (floor, least) in GOALS.items():
        share = targets[name]["rate"] / targets[floor]["rate"]
        yield line(share >= least, f"{database}: {name}: at least {least} of the bare view: {share:.2f}")
    for name in PAGES:
        times = targets[name]["p99"] / targets[f"floor: {name}"]["p99"]
        yield line(times <= MOST_SLOWER, f"{database}: {name}: p99 within {MOST_SLOWER} times: {times:.2f}")
    before, after = found["memory"]
    yield line(after <= MOST_GROWTH * before, f"{database}: memory stays flat: {after / before:.2f} times")


def line(met, goal):
    return f"{'met    ' if met else 'NOT MET'}  {goal}"
