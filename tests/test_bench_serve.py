"""bin/bench serve: how it sums up what wrk said, what it says of it, and the Wagtail site beside ours."""

import json
from contextlib import ExitStack

import pytest
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from bin import bench_wagtail
from bin.bench_serve import Heard, summary
from bin.bench_serve_report import GOALS, PAGES, report
from calls.models import Call
from funds.models import Fund, Theme


def target(share=1.0, slower=1.0):
    return {"rate": 1000 * share, "p99": 5 * slower, "floor": "floor", "share": share, "slower": slower}


def found(wagtail=(), memory=200.0, **shares):
    """What bench_serve prints, everything as fast as the bare view but what `shares` says."""
    names = [*GOALS, *PAGES, *(f"from scratch: {page}" for page in PAGES)]
    names += [f"{site}: {page}" for site in wagtail for page in PAGES]
    return {
        "targets": {"floor": {"rate": 1000, "p99": 5, "floor": ""}} | {name: target() for name in names} | shares,
        "bytes": {site: dict.fromkeys(PAGES, 42_000) for site in ["ours", *wagtail]},
        "held": {"gunicorn": 250.0},
        "memory": [(20_000, 200.0), (60_000, 203.0), (100_000, memory)],
    }


def lines(**changes):
    return list(report({"SQLite": {1_000: found(**changes)}}))


def test_a_share_is_the_median_of_the_shares_in_each_turn():
    """The machine is busy in the second turn: the medians apart from each other would give 0.5."""
    rates = [(100, 50), (10, 9), (100, 90), (120, 108)]
    rounds = [{"floor": Heard(floor, 1, 0), "list": Heard(rate, 2, 0)} for floor, rate in rates]
    assert summary("list", "floor", rounds) == {"rate": 70, "p99": 2, "floor": "floor", "share": 0.9, "slower": 2}
    assert summary("floor", "", rounds) == {"rate": 100, "p99": 1, "floor": ""}


def test_goals_are_met_or_not():
    said = lines(memory=220.0, call=target(0.85, 1.6))
    assert [line for line in said if line.startswith("NOT MET")] == [
        "NOT MET  SQLite: call: at least 0.9 of the bare view: 0.85",
        "NOT MET  SQLite: call: p99 within 1.5 times: 1.60",
        "NOT MET  SQLite: memory flat from 20,000 to 100,000 requests, at most 1.05 times: 1.100",
    ]
    assert len([line for line in said if line.startswith("met    ")]) == len(GOALS) + len(PAGES) - 2


def test_wagtail_stands_beside_ours_where_it_was_measured():
    changes = {"Wagtail: list": target(0.01), "Wagtail, site cache: list": target(0.4)}
    said = lines(wagtail=list(bench_wagtail.KINDS), **changes)
    assert [line.split() for line in said if line.startswith("list  ")] == [
        ["list", "1,000", "1.000", "5.00"],
        ["list", "1.000", "1.000", "0.010", "0.400", "42/42"],
    ]
    assert [line for line in lines() if "Wagtail" in line] == []


@pytest.mark.django_db
def test_the_wagtail_site_gets_the_calls_that_visitors_see():
    call_command("seed_demo", calls=20, verbosity=0)
    html = Client(SERVER_NAME="localhost").get("/oproepen/").content.decode()
    content = json.loads(json.dumps(bench_wagtail.content(html), cls=DjangoJSONEncoder))
    assert content["panel"].count("<form") == content["panel"].count("</form>") == 1
    assert [row["slug"] for row in content["calls"]] == [
        *Call.objects.published().order_by("pk").values_list("slug", flat=True)
    ]
    assert {row["slug"] for row in content["funds"]} == set(Fund.objects.values_list("slug", flat=True))
    places = {row["slug"]: place for place, row in enumerate(content["themes"])}
    assert len(places) == Theme.objects.count()
    assert all(places[row["above"]] < places[row["slug"]] for row in content["themes"] if row["above"])
    call = Call.objects.get(slug=content["calls"][0]["slug"])
    assert [row["text"] for row in content["calls"][0]["objectives"]] == [one.text for one in call.objectives.all()]


def test_without_a_registry_the_bench_says_so_and_goes_on(tmp_path, monkeypatch, capsys):
    changes = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache"), "PIP_NO_INDEX": "1"}
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bench_wagtail, "DATA_DIR", tmp_path)
    with ExitStack() as stack:
        assert bench_wagtail.wagtail(stack, tmp_path, "") == {}
    said = capsys.readouterr().err
    assert said.startswith(f"bin/bench: goes on without {bench_wagtail.WAGTAIL}")
    assert said.count("\n") == 1
