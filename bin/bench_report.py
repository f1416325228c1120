"""What the benchmarks' tables have in common: a column a size, a row a number, and which goals were met."""


def lines_of(results, noun, rows, goals):
    """Lines of text for {database: {size: what was measured}}.

    `rows` is {label: function of what was measured}, `goals` are pairs of whether it was met, None where nothing was
    measured, and what it is.
    """
    for database, sizes in results.items():
        yield ""
        yield f"{database:28}" + "".join(f"{f'{size:,} {noun}':>22}" for size in sizes)
        for label, value in rows.items():
            yield f"{label:28}" + "".join(f"{said(value(found)):>22}" for found in sizes.values())
    yield ""
    for met, goal in goals:
        yield f"{'met    ' if met else 'NOT MET'}  {goal}"


def said(number):
    return f"{number:,.2f}" if isinstance(number, float) and number < 100 else f"{number:,.0f}"
