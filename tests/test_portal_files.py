"""Files of the EU portal: every way people keep them; anything else is refused in words, soon, in flat memory."""

import gzip
import json
import time
import tracemalloc

import pytest

from calls.imports.files import UnreadableFile, read_file
from calls.imports.topics import Broken, topic_of
from tests.portal_records import news, search_answer, search_result, topic_details

TWO = search_answer(search_result("A-1"), news("A-1"), search_result("A-1", "sv"), search_result("A-2"))
DETAILS = topic_details("A-3")
CAUGHT = [("A-1", "nl"), ("A-2", "nl")]
MEGABYTE = 2**20


def dumped(*answers):
    return "\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers).encode()


@pytest.fixture
def read(tmp_path):
    """(what is in a file with these bytes, why it could not be read to its end)."""

    def read(data):
        path = tmp_path / "records.json"
        path.write_bytes(data)
        return read_path(path)

    return read


def read_path(path):
    found = []
    try:
        for topic in read_file(path):
            found.append(topic.reason if isinstance(topic, Broken) else (topic.identifier, topic.language))
    except UnreadableFile as trouble:
        return found, str(trouble)
    return found, ""


WAYS = {
    "one answer": (dumped(TWO), CAUGHT),
    "indented": (json.dumps(TWO, indent=2).encode(), CAUGHT),
    "one a line": (dumped(TWO, search_answer(search_result("A-4"))), [*CAUGHT, ("A-4", "nl")]),
    "behind each other": (dumped(TWO).replace(b"\n", b"") + dumped(DETAILS), [*CAUGHT, ("A-3", "en")]),
    "a list": (dumped([TWO, DETAILS, [DETAILS]]), [*CAUGHT, ("A-3", "en"), ("A-3", "en")]),
    "topicDetails": (dumped(DETAILS), [("A-3", "en")]),
    "a result alone": (dumped(search_result()), [("AMIF-2027-TF2-AG-01", "nl")]),
    "results a line": (dumped(*TWO["results"]), CAUGHT),
    "with a byte order mark": (b"\xef\xbb\xbf" + dumped(TWO), CAUGHT),
    "with a mark each": ("\ufeff".join(["", *[json.dumps(TWO)] * 2]).encode(), [*CAUGHT, *CAUGHT]),
    "UTF-16": (dumped(TWO).decode().encode("utf-16"), CAUGHT),
    "UTF-16, big end first": (b"\xfe\xff" + dumped(TWO).decode().encode("utf-16-be"), CAUGHT),
    "UTF-32": (dumped(TWO).decode().encode("utf-32"), CAUGHT),
    "gzip": (gzip.compress(dumped(TWO)), CAUGHT),
    "gzip of UTF-16": (gzip.compress(dumped(TWO).decode().encode("utf-16")), CAUGHT),
    "without results": (dumped(search_answer()), []),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_reads(read, way):
    data, expected = WAYS[way]
    assert read(data) == (expected, "")


def test_it_reads_what_the_api_gives(tmp_path):
    result = search_result(title=["Één oproep – “voor” iedereen"], callccm2Id=[48300000, 1.5, None, True])
    path = tmp_path / "records.json"
    path.write_bytes(dumped(search_answer(result)))
    assert list(read_file(path)) == [topic_of(result)]


STRANGE = "Dit is geen record van het EU-portaal."
DEEP = "Het record is te diep genest."
HALF = "Het bestand stopt halverwege."
NO_JSON = "Het bestand is geen JSON, of niet tot het einde."
ENCODING = "Het bestand staat niet in UTF-8, of breekt midden in een teken af."
NESTED = "Het bestand is te diep genest."
GZIP = "Het gecomprimeerde bestand is beschadigd of afgebroken."
NOTHING = "Het bestand bevat geen records van het EU-portaal."
ENDLESS = "4 megabyte zonder één record: dit is geen bestand van het EU-portaal."
CUT = dumped(TWO)[: -len(dumped(search_result("A-2"))) // 2]
ACCENT = dumped(search_answer(search_result(title=["Één"])))

REFUSED = {
    "empty": (b"", [], "Het bestand is leeg."),
    "blank": (b" \n\t", [], "Het bestand is leeg."),
    "only a mark": (b"\xef\xbb\xbf", [], "Het bestand is leeg."),
    "a page": (b"<!doctype html><p>Onderhoud</p>", [], "Het bestand is geen JSON."),
    "a text": (b'"AMIF"', [], "Het bestand is geen JSON."),
    "a PDF": (b"%PDF-1.7\n", [], "Het bestand is geen JSON."),
    "half an answer": (CUT, CAUGHT[:1], HALF),
    "half a record": (dumped(search_result())[:300], [], HALF),
    "more behind it": (dumped(TWO) + b"}}", CAUGHT, NO_JSON),
    "a hole in it": (dumped(TWO).replace(b'"A-2"', b"A-2", 1), CAUGHT[:1], NO_JSON),
    "not a number": (dumped(search_answer({"metadata": {"x": float("nan")}})), [], NO_JSON),
    "a number of 6000 digits": (b'{"results":[{"metadata":{"x":' + b"9" * 6000 + b"}}]}", [], NO_JSON),
    "cp1252": (ACCENT.decode().encode("cp1252"), [], ENCODING),
    "UTF-16 without a mark": (ACCENT.decode().encode("utf-16-le"), [], ENCODING),
    "half a character": (b"\xff\xfe" + dumped(TWO).decode().encode("utf-16-le")[:-1], CAUGHT, ENCODING),
    "no gzip": (b"\x1f\x8b" + b"x" * 100, [], GZIP),
    "half a gzip": (gzip.compress(dumped(TWO))[:-12], [], GZIP),
    "another object": (b'{"a": 1}', [STRANGE], NOTHING),
    "numbers": (b"[1, 2]", [STRANGE, STRANGE], NOTHING),
    "results of another kind": (b'{"results": {"a": 1}}', [STRANGE], NOTHING),
    "half a surrogate pair": (
        dumped(search_answer(search_result("A-1"))) + rb'{"results":["\udc00"]}',
        CAUGHT[:1],
        NO_JSON,
    ),
    "a million lists": (b"[" * 1_000_000, [], NESTED),
    "a million objects": (b'{"a":' * 1_000_000, [], ENDLESS),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses(read, name):
    data, found, reason = REFUSED[name]
    assert read(data) == (found, reason)


def test_a_strange_record_stops_nothing_else(read):
    results = [None, 1, "x", [], {}, search_result("A-1"), {"metadata": []}, search_result("A-2")]
    assert read(dumped(search_answer(*results))) == ([STRANGE] * 5 + CAUGHT[:1] + [STRANGE] + CAUGHT[1:], "")


def test_a_record_of_a_million_lists_stops_nothing_else(read):
    deep = b"[" * 1_000_000 + b"]" * 1_000_000
    data = dumped(search_answer(search_result("A-1"), "HERE", search_result("A-2"))).replace(b'"HERE"', deep)
    assert read(data) == ([CAUGHT[0], DEEP, CAUGHT[1]], "")


# 500 MB of something else --------------------------------------------------------------------------------------------


def of_500_megabytes(path, start, block):
    with gzip.open(path, "wb", 1) as file:
        file.write(start)
        for _ in range(500):
            file.write(block)


BIG = {
    "one text": (b'{"results":["', b"a" * MEGABYTE, ENDLESS),
    "spaces": (b" ", b" " * MEGABYTE, ENDLESS),
    "numbers": (b"[", b"1," * (MEGABYTE // 2), "Te veel in het bestand is geen record van het EU-portaal."),
    "keys of one record": (b'{"results":[{"a":[1', b",1" * (MEGABYTE // 2), ENDLESS),
}


@pytest.mark.parametrize("name", BIG)
def test_500_megabytes_of_something_else_are_refused_soon(tmp_path, name):
    start, block, expected = BIG[name]
    of_500_megabytes(tmp_path / "big.gz", start, block)
    began = time.process_time()
    tracemalloc.start()
    found, reason = read_path(tmp_path / "big.gz")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (reason, set(found) <= {STRANGE}, len(found) <= 101) == (expected, True, True)
    assert time.process_time() - began < 60
    assert most < 100 * MEGABYTE


def test_500_megabytes_of_nothing(tmp_path):
    with open(tmp_path / "big.json", "wb") as file:
        file.write(b'{"results": [')
        file.truncate(500 * MEGABYTE)
    assert read_path(tmp_path / "big.json") == ([], NO_JSON)


def peak_of(path, number):
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for n in range(number):
            file.write(json.dumps(search_answer(search_result(f"A-{n}"))) + "\n")
    tracemalloc.start()
    count = sum(1 for _ in read_file(path))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, most


def test_memory_stays_flat(tmp_path):
    few, many = peak_of(tmp_path / "few.gz", 100), peak_of(tmp_path / "many.gz", 400)
    assert (few[0], many[0]) == (100, 400)
    assert many[1] < few[1] + MEGABYTE / 2
