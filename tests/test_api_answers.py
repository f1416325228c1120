"""The open data at /api/v1/: how it answers and refuses, and what it says about itself."""

import gzip

import brotli
import pytest

from calls.columns import current_columns
from calls.filters import CallFilter
from calls.selection import Sort, StatusChoice
from tests.factories import CallFactory, ThemeFactory
from tests.test_query_counts import fill

pytestmark = pytest.mark.django_db

# address → queries, once the columns are in memory
COUNTS = {
    "/api/v1/calls": 7,
    "/api/v1/calls?thema=thema-1&status=alle&limit=2": 7,
    "/api/v1/calls?q=oproep": 10,
    "/api/v1/calls/oproep-1": 16,
    "/api/v1/funds": 3,
    "/api/v1/funds/fonds-1": 8,
    "/api/v1/themes": 3,
    "/api/v1/themes/thema-1": 4,
    "/api/v1/openapi.json": 0,
    "/api/v1/docs": 0,
}
ABSENT = {"detail": "There is nothing at this address; see /api/v1/docs."}


# What it refuses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("calls?status=dicht", ["status=dicht"]),
        ("calls?thema=x&thema=sport&kleur=rood&limit=5", ["thema=x", "kleur=rood"]),
        ("calls?budget_van=veel", ["budget_van=veel"]),
        ("calls?status=open&status=alle", ["status=open"]),
        ("calls?limit=0", ["limit=0"]),
        ("calls?limit=101&offset=-1", ["limit=101", "offset=-1"]),
        ("calls?limit=tien", ["limit=tien"]),
        ("calls?offset=" + "9" * 5000, ["offset=" + "9" * 5000]),
        ("calls?offset=10000001", ["offset=10000001"]),
        ("calls?pagina=2", ["pagina=2"]),
        ("calls/x?status=open", ["status=open"]),
        ("funds?limit=1", ["limit=1"]),
        ("themes/sport?a=1&a=2", ["a=1", "a=2"]),
    ],
)
def test_what_nobody_understands(client, address, named):
    ThemeFactory(name="Sport")
    response = client.get(f"/api/v1/{address}")
    refusal = {"detail": "The query string has parts without a meaning.", "parameters": named}
    assert (response.status_code, response.json()) == (400, refusal)


def test_marks_of_newsletters_and_empty_values_mean_nothing(client):
    for address in ("calls?utm_source=brief&q=&status=", "funds?fbclid=1", "themes?a="):
        assert client.get(f"/api/v1/{address}").status_code == 200


@pytest.mark.parametrize(
    "address", ["x", "calls/", "calls/x", "calls/%00", "calls/a%20b", "funds/x", "themes/x", "themes/x/y"]
)
def test_absent(client, address):
    response = client.get(f"/api/v1/{address}")
    assert (response.status_code, response.json(), response["ETag"][0]) == (404, ABSENT, '"')


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["calls", "funds/x", "openapi.json", "docs", "", "x"])
def test_other_methods(client, method, path):
    response = client.generic(method, f"/api/v1/{path}")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response.json() == {"detail": "This is open data to read: GET and HEAD only."}


# How it answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*COUNTS, "/api/v1/", "/api/v1/calls/x", "/api/v1/calls?limit=0"])
def test_headers(client, member, path):
    fill(1)
    for reader in (client, member):
        response = reader.get(path)
        assert response["Cache-Control"] == "public, max-age=60"
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Cookie" not in response.get("Vary", "")
        assert response.cookies == {}
        head = reader.head(path)
        assert (head.status_code, head.content, head.get("ETag")) == (response.status_code, b"", response.get("ETag"))


@pytest.mark.parametrize("path", COUNTS)
@pytest.mark.parametrize("method", ["get", "head"])
def test_not_modified(client, path, method):
    fill(1)
    tag = client.get(path)["ETag"]
    again = getattr(client, method)(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert again["Access-Control-Allow-Origin"] == "*"
    assert getattr(client, method)(path, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(("encoding", "decompress"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_compressed(client, encoding, decompress):
    """Which weakens the ETag on its way out."""
    plain = client.get("/api/v1/openapi.json")
    compressed = client.get("/api/v1/openapi.json", headers={"Accept-Encoding": encoding})
    assert (compressed["Content-Encoding"], compressed["ETag"]) == (encoding, f"W/{plain['ETag']}")
    assert (decompress(compressed.content), compressed["Content-Length"]) == (
        plain.content,
        f"{len(compressed.content)}",
    )
    assert compressed["Vary"] == "Accept-Encoding"
    assert client.get("/api/v1/openapi.json", headers={"If-None-Match": compressed["ETag"]}).status_code == 304


def test_a_change_is_another_etag(client):
    call = CallFactory()
    before = client.get("/api/v1/calls")["ETag"]
    call.title = "Anders"
    call.save()
    assert client.get("/api/v1/calls", headers={"If-None-Match": before}).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("path", COUNTS)
def test_queries(client, path, rows, django_assert_num_queries):
    fill(rows)
    current_columns()
    with django_assert_num_queries(COUNTS[path]):
        response = client.get(path)
    assert response.status_code == 200


# What it says about itself -------------------------------------------------------------------------------------------


def test_document(client):
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["info"]["license"]["name"] == "CC BY 4.0"
    things = ["calls", "funds", "themes"]
    addresses = [f"/api/v1/{thing}{slug}" for thing in things for slug in ("", "/{slug}")]
    assert sorted(document["paths"]) == sorted(addresses)
    assert {method for path in document["paths"].values() for method in path} == {"get"}
    parameters = {one["name"]: one for one in document["paths"]["/api/v1/calls"]["get"]["parameters"]}
    assert parameters["status"]["schema"]["enum"] == ["", *StatusChoice.values]
    assert parameters["sorteer"]["schema"]["enum"] == ["", *Sort.values]
    assert parameters["deadline"]["schema"]["enum"] == parameters["geopend"]["schema"]["enum"] == ["", "7", "30", "90"]
    assert [name for name, one in parameters.items() if not one["description"]] == []
    answers = {path: sorted(operations["get"]["responses"]) for path, operations in document["paths"].items()}
    assert answers["/api/v1/calls"] == ["200", "400"]
    assert answers["/api/v1/calls/{slug}"] == ["200", "400", "404", "410"]


def test_every_filter_of_the_page_is_in_the_document(client):
    """`weergave` says how the page shows the calls, so here it says nothing."""
    document = client.get("/api/v1/openapi.json").json()
    named = {one["name"] for one in document["paths"]["/api/v1/calls"]["get"]["parameters"]}
    assert named == {*CallFilter().fields, "limit", "offset"} - {"weergave"}


def test_the_root_leads_to_the_docs(client):
    response = client.get("/api/v1/")
    assert (response.status_code, response["Location"]) == (302, "/api/v1/docs")
