"""The tables of bin/bench serve, and which goals were met."""

PAGES = ["home", "list", "search", "call", "theme"]
# {target: at least so many times the requests a second of its floor}
GOALS = dict.fromkeys(PAGES, 0.9) | {"logged in": 0.4, "from scratch: list": 0.12, "304": 0.95}
MOST_SLOWER, MOST_GROWTH = 1.5, 1.05
BESIDE = {
    "ours": "{}",
    "ours, from scratch": "from scratch: {}",
    "Wagtail": "Wagtail: {}",
    "Wagtail, site cache": "Wagtail, site cache: {}",
}


def report(results):
    """Lines of text for {database: {number of calls: what bench_serve printed}}."""
    for database, sizes in results.items():
        for calls, found in sizes.items():
            yield from table(f"{database}, {calls:,} calls", found["targets"])
            yield from beside(found)
            yield f"memory (PSS): {', '.join(f'{name} {size:.0f} MB' for name, size in found['held'].items())}"
            said = [f"{size:.0f} MB after {requests:,} requests" for requests, size in found["memory"]]
            yield f"memory of our workers (RSS): {', '.join(said)}"
            yield ""
            yield from goals(database, found)


def table(title, targets):
    yield ""
    yield f"{title:32}{'requests/s':>12}{'of floor':>10}{'p99 ms':>9}"
    for name, found in targets.items():
        share = f"{found['share']:.3f}" if found["floor"] else ""
        yield f"{name:32}{found['rate']:>12,.0f}{share:>10}{found['p99']:>9.2f}"
    yield ""


def beside(found):
    """The pages of both sites as shares of the same floor; as HTML, how large they are."""
    targets, sizes = found["targets"], found["bytes"]
    if "Wagtail" not in sizes:
        return
    yield (
        f"{'share of the bare view':24}" + "".join(f"{column:>21}" for column in BESIDE) + f"{'kB, ours/Wagtail':>19}"
    )
    for page in PAGES:
        shares = [targets[name.format(page)]["share"] for name in BESIDE.values()]
        kilobytes = f"{sizes['ours'][page] / 1000:.0f}/{sizes['Wagtail'][page] / 1000:.0f}"
        yield f"{page:24}" + "".join(f"{share:>21.3f}" for share in shares) + f"{kilobytes:>19}"
    yield ""


def goals(database, found):
    targets = found["targets"]
    for name, least in GOALS.items():
        share = targets[name]["share"]
        yield line(share >= least, f"{database}: {name}: at least {least} of the bare view: {share:.2f}")
    for name in PAGES:
        times = targets[name]["slower"]
        yield line(times <= MOST_SLOWER, f"{database}: {name}: p99 within {MOST_SLOWER} times: {times:.2f}")
    (first, before), *_between, (last, after) = found["memory"]
    flat = f"{database}: memory flat from {first:,} to {last:,} requests, at most {MOST_GROWTH} times"
    yield line(after <= MOST_GROWTH * before, f"{flat}: {after / before:.3f}")


def line(met, goal):
    return f"{'met    ' if met else 'NOT MET'}  {goal}"
