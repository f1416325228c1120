"""What a first visit costs: page, style, script, font and icon, compressed. `pytest -s` shows the figures."""

import gzip

from calls.models import Call

LIMIT = 50_000


def test_a_first_visit_weighs_less_than_50_kilobytes(five_pages, browse):
    longest = max(Call.objects.all(), key=lambda call: sum(len(getattr(call, text)) for text in Call.long_texts()))
    paths = ["/", "/oproepen/", longest.get_absolute_url(), "/themas/migratie/"]
    visits = {path: first_visit(browse(), path) for path in paths}
    weights = {path: sum(parts.values()) for path, parts in visits.items()}
    for path in paths:
        print(f"\n{path[:40]}: {weights[path]} bytes, of which {visits[path]}", end="")
    assert {path: weight for path, weight in weights.items() if weight >= LIMIT} == {}


def first_visit(page, path):
    """Compressed bytes per file name. The browser does not tell of the icon, so it is fetched beside."""
    responses = []
    page.on("response", lambda response: responses.append(response))
    page.goto(path, wait_until="networkidle")
    responses.append(page.request.get(page.locator("link[rel=icon]").get_attribute("href")))
    assert {response.status for response in responses} == {200}
    return {response.url.rsplit("/", 1)[1] or "page": len(gzip.compress(response.body(), 6)) for response in responses}
