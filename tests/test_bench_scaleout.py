"""bin/bench scaleout: how it counts what visitors got."""

from bin.bench_scaleout import HEADS, row
from bin.load import Answer


def answer(status, begun, seconds=0.1, way="/"):
    return Answer(way, begun, begun + seconds, status, {}, b"")


def test_a_row_says_who_failed_and_when_all_was_well_again():
    answers = [answer(200, 0), answer(302, 5, 2, "follow"), answer(429, 6), answer(503, 7), answer("TimeoutError", 8)]
    answers += [answer(503, 11.4, way="follow"), answer(200, 20)]
    expected = ["Redis", "7", "3", "1", "1", "1", "1", "2.0 s", "1.5 s"]
    assert row("Redis", answers, back=10) == expected
    assert len(HEADS) == len(expected)


def test_a_part_that_nobody_missed():
    assert row("replica", [answer(200, 0), answer(200, 9)], back=5)[1:] == [
        "2",
        "2",
        "0",
        "0",
        "0",
        "0",
        "0.1 s",
        "0.0 s",
    ]
