"""import_calls: from files and from the portal itself, killed on the way, and two at once."""

import json
from datetime import timedelta
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from calls.imports import client
from calls.imports.importing import CHUNK, import_topics
from calls.models import Call, ImportRun, Proposal, Record
from tests.factories import FundFactory
from tests.killed import Killed, killed_at
from tests.portal_records import AMIF, CLOSED, HORIZON, search_answer, search_result, topic_details
from tests.portal_server import PortalServer
from tests.portal_topics import inbox, topics

pytestmark = pytest.mark.django_db
NOT_WHOLLY = "1 of 1 sources could not be read wholly; see the lines above."


def run(*arguments, **options):
    """(what the command says, what it complains of, why it fails)."""
    out, err, failure = StringIO(), StringIO(), ""
    try:
        call_command("import_calls", *arguments, stdout=out, stderr=err, **options)
    except CommandError as error:
        failure = str(error)
    return out.getvalue().splitlines(), err.getvalue().splitlines(), failure


@pytest.fixture
def file(tmp_path):
    """Writes a file of answers; gives its path."""

    def write(*answers, name="answer.json"):
        path = tmp_path / name
        path.write_text("\n".join(json.dumps(answer) for answer in answers), encoding="utf-8")
        return path

    return write


@pytest.fixture
def portal(settings, monkeypatch):
    """A portal that this site asks; set its `records` and `plan`."""
    monkeypatch.setattr(client, "PAUSE", 0)
    monkeypatch.setattr(client, "BACKOFF", 0.01)
    with PortalServer() as portal:
        settings.PORTAL_API = portal.address
        yield portal


def results(number, **metadata):
    return [search_result(f"AMIF-2027-{n:03}", **metadata) for n in range(number)]


# Files ---------------------------------------------------------------------------------------------------------------


def test_a_file_becomes_drafts(file):
    fund = FundFactory(programme_code=AMIF)
    path = file(search_answer(*results(3)))
    assert run(path) == ([f"{path}: 3 nieuw"], [], "")
    assert list(Call.objects.values_list("fund", "published_at")) == [(fund.pk, None)] * 3
    assert run(path) == ([f"{path}: 3 ongewijzigd"], [], "")
    assert ImportRun.objects.filter(complete=True).count() == 0


def test_details_and_answers_in_several_files(file):
    first = file(search_answer(*results(2)), name="first.json")
    second = file(topic_details("AMIF-2027-DETAILS"), name="second.json")
    assert run(first, second) == ([f"{first}: 2 nieuw", f"{second}: 1 nieuw"], [], "")
    assert run(first, verbosity=0) == ([], [], "")


def test_a_broken_record_fails_the_command_after_the_rest(file):
    path = file(
        search_answer(
            results(1)[0], search_result("AMIF-2027-STUK", deadlineDate=["morgen"]), search_result("AMIF-2027-Z")
        )
    )
    out, err, failure = run(path)
    assert (out, failure) == ([f"{path}: 2 nieuw, 1 onleesbaar"], NOT_WHOLLY)
    assert [line.partition(":")[0] for line in err] == ["AMIF-2027-STUK"]
    assert Call.objects.count() == 2


def test_half_a_file_counts_as_far_as_it_goes(tmp_path):
    path = tmp_path / "half.json"
    whole = json.dumps(search_answer(*results(3)))
    path.write_text(whole[: whole.index("AMIF-2027-002") - 200], encoding="utf-8")
    out, err, failure = run(path)
    assert (out, failure, len(err)) == ([f"{path}: 2 nieuw"], NOT_WHOLLY, 1)
    assert err[0].startswith(f"{path}: ")
    assert ImportRun.objects.get().trouble == err[0].removeprefix(f"{path}: ")


@pytest.mark.parametrize("content", [b"", b"geen json", b"[" * 1_000_000, b"\xff\xfe\x00"], ids=lambda b: b[:9])
def test_a_file_of_something_else_is_refused_with_the_reason(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_bytes(content)
    out, err, failure = run(path)
    assert (out, failure, Call.objects.count()) == ([f"{path}: no records"], NOT_WHOLLY, 0)
    assert err


def test_a_file_that_is_not_there_does_not_stop_the_others(file, tmp_path):
    path, missing = file(search_answer(*results(1))), tmp_path / "missing.json"
    out, err, failure = run(missing, path)
    assert out == [f"{missing}: no records", f"{path}: 1 nieuw"]
    assert failure == "1 of 2 sources could not be read wholly; see the lines above."
    assert err == [f"{missing}: Dit bestand kan niet gelezen worden: No such file or directory."]


def test_choices_are_for_the_live_portal(file):
    refusal = "--programme and --status choose from the live portal: leave them out with files."
    assert run(file({}), "--programme", AMIF) == ([], [], refusal)
    assert run(file({}), "--status", "open") == ([], [], refusal)


# The portal ----------------------------------------------------------------------------------------------------------


def live(programme=AMIF, statuses="forthcoming, open"):
    return f"EU-portaal: {programme} ({statuses})"


def test_the_portal_is_asked_for_the_programmes_of_the_funds(portal):
    FundFactory(programme_code=AMIF)
    portal.records = [*results(150), search_result("HORIZON-1", frameworkProgramme=[HORIZON])]
    assert run() == ([f"{live()}: 150 nieuw"], [], "")
    assert (ImportRun.objects.get().complete, Call.objects.count()) == (True, 150)


def test_another_programme_and_status_can_be_asked_for(portal):
    portal.records = [*results(2), search_result("HORIZON-1", frameworkProgramme=[HORIZON], status=[CLOSED])]
    assert run("--programme", HORIZON, "--status", "closed") == ([f"{live(HORIZON, 'closed')}: 1 nieuw"], [], "")
    assert ImportRun.objects.get().complete is False


def test_without_a_programme_there_is_nothing_to_ask(portal):
    refusal = "No fund has a programme code, so there is nothing to ask: give --programme CODE."
    assert run() == ([], [], refusal)
    assert portal.asked == []


def seen_yesterday():
    Record.objects.update(seen_at=timezone.now() - timedelta(days=1))


def test_what_a_complete_answer_lacks_is_asked_about(portal):
    portal.records = results(3)
    run("--programme", AMIF)
    Proposal.objects.all().delete()
    seen_yesterday()
    portal.records = results(2)
    assert run("--programme", AMIF) == ([f"{live()}: 2 ongewijzigd, 1 verdwenen"], [], "")
    assert [row[:2] for row in inbox()] == [("AMIF-2027-002", "gone")]


@pytest.mark.parametrize("fault", [500, "ignores the filters", "truncated"])
def test_a_portal_that_is_ill_lets_nothing_be_gone(portal, fault, monkeypatch):
    monkeypatch.setattr(client, "RETRIES", 1)
    portal.records = results(3)
    run("--programme", AMIF)
    seen_yesterday()
    portal.every = fault
    out, err, failure = run("--programme", AMIF)
    assert (out, failure, len(err)) == ([f"{live()}: no records"], NOT_WHOLLY, 1)
    assert ImportRun.objects.first().trouble == err[0].removeprefix(f"{live()}: ")
    assert (Call.objects.count(), Record.objects.exclude(gone_at=None).count()) == (3, 0)


def test_an_empty_answer_lets_nothing_be_gone(portal):
    portal.records = results(3)
    run("--programme", AMIF)
    seen_yesterday()
    portal.records = []
    run("--programme", AMIF)
    assert (ImportRun.objects.first().complete, Record.objects.exclude(gone_at=None).count()) == (False, 0)


def test_what_is_no_more_asked_for_is_not_gone(portal):
    portal.records = results(3)
    run("--programme", AMIF)
    seen_yesterday()
    portal.records = [search_result("AMIF-2027-OUD", status=[CLOSED])]
    run("--programme", AMIF, "--status", "closed")
    assert Record.objects.exclude(gone_at=None).count() == 0


# Killed, and two at once ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [1, 3, 6, 9, 12, 15, 18, 21, 24, 27])
def test_a_killed_import_can_be_repeated(number):
    """At any of its queries, in the first chunk or the second."""
    given = topics(CHUNK + 20)
    with killed_at(number), pytest.raises(Killed):
        import_topics(given, "proef")
    assert Call.objects.count() in (0, CHUNK, CHUNK + 20)
    assert Call.objects.count() == Record.objects.count() == Proposal.objects.count()
    import_topics(given, "proef")
    assert Call.objects.count() == Record.objects.count() == Proposal.objects.count() == CHUNK + 20


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_nothing_twice():
    given, start, runs = topics(3 * CHUNK), Barrier(2), []

    def one():
        start.wait()
        try:
            runs.append(import_topics(given, "proef"))
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.counts["broken"] for run in runs] == [0, 0]
    assert sum(run.counts["new"] for run in runs) == 3 * CHUNK
    assert sum(run.counts["unchanged"] for run in runs) == 3 * CHUNK
    assert Call.objects.count() == Record.objects.count() == Proposal.objects.count() == 3 * CHUNK
