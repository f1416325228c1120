"""What an import makes of topics that are new, and that it changes nothing twice."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils.timezone import localtime
from reversion.models import Version

from calls.imports.importing import import_topics
from calls.models import Call, ImportRun, Record, SearchEntry, Stamp
from calls.search.indexing import index_missing
from tests.factories import CallFactory, FundFactory
from tests.portal_topics import (
    DEADLINE,
    LATER,
    OPENS,
    VALUES,
    amif,
    bring,
    everything,
    inbox,
    topic,
    topics,
)

pytestmark = pytest.mark.django_db
CODE = "AMIF-2027-TF2-AG-01"


# New -----------------------------------------------------------------------------------------------------------------


def test_a_new_topic_becomes_a_draft_with_all_that_the_portal_says():
    fund = amif()
    cutoffs = [{"label": "fase 1", "at": "2027-03-01T17:00:00+01:00"}]
    given = topic(cutoffs=cutoffs, deadline_model="two_stage", introduction="<p>Over <strong>wat</strong></p>")
    assert bring(given) == {"new": 1}
    call = Call.objects.get()
    assert (call.title, call.title_language, call.code) == (VALUES["title"], "nl", CODE)
    assert (call.slug, call.family) == ("integratie-op-lokaal-vlak", "amif-tf2-ag-01")
    assert (call.fund, sorted(map(str, call.themes.all()))) == (fund, ["Inclusie", "Migratie"])
    assert call.introduction == "<p>Over <strong>wat</strong></p>"
    assert (localtime(call.opens_at).isoformat(), localtime(call.deadline).isoformat()) == (OPENS, DEADLINE)
    assert (call.deadline_model, call.source_url) == ("two_stage", VALUES["source_url"])
    assert [(one.label, localtime(one.at).isoformat()) for one in call.cutoffs.all()] == [
        ("fase 1", "2027-03-01T17:00:00+01:00")
    ]
    assert list(call.budgets.values_list("order", "label", "amount", "rate", "shared", "note")) == [
        (1, "", Decimal("15000000.00"), None, False, "")
    ]
    assert list(call.documents.values_list("order", "title", "link", "file")) == [
        (1, "Call document", "https://ec.europa.eu/call.pdf", "")
    ]
    assert (call.published_at, call.publication) == (None, "draft")


def test_a_new_topic_stands_in_the_inbox_with_its_raw_record():
    given = topic()
    bring(given)
    assert inbox() == [(CODE, "new", "", None, None)]
    record = Record.objects.get()
    assert (record.key, record.identifier, record.reference) == (CODE, CODE, f"{CODE}nl")
    assert (record.language, record.checksum, record.status, record.raw) == ("nl", given.checksum, "open", given.raw)
    assert (record.call, record.ignored, record.gone_at) == (Call.objects.get(), False, None)


def test_a_topic_of_a_programme_without_a_fund_becomes_a_draft_without_one():
    FundFactory(programme_code="")
    assert bring(topic(programme="")) == {"new": 1}
    assert (Call.objects.get().fund, list(Call.objects.get().themes.all())) == (None, [])


def test_drafts_of_the_same_title_get_addresses_of_their_own():
    CallFactory(title="Oproep", slug="oproep")
    assert bring(*topics(3, title="Oproep")) == {"new": 3}
    assert list(Call.objects.order_by("pk").values_list("slug", flat=True)) == [
        "oproep",
        "oproep-2",
        "oproep-3",
        "oproep-4",
    ]


def test_a_title_without_a_letter_gets_an_address_too():
    assert bring(topic(title="…")) == {"new": 1}
    assert Call.objects.get().slug == "call"


def test_drafts_can_be_found_by_the_search_of_the_desk():
    bring(*topics(2))
    assert (len(index_missing()), index_missing()) == (2, [])
    assert SearchEntry.objects.count() == 2


def test_text_is_cleaned_whoever_made_it():
    bring(topic(introduction='<p onclick="x()">Tekst<script>alert(1)</script></p>'))
    assert Call.objects.get().introduction == "<p>Tekst</p>"
    assert Record.objects.get().taken["introduction"] == "<p>Tekst</p>"


def test_a_deadline_and_its_model_agree_in_any_case():
    bring(topic("A", deadline=None), topic("B", deadline_model="unknown"), topic("C", deadline=None, opens_at=None))
    assert list(Call.objects.order_by("pk").values_list("deadline_model", flat=True)) == [
        "unknown",
        "single_stage",
        "unknown",
    ]


# Languages -----------------------------------------------------------------------------------------------------------


def test_dutch_wins_whichever_comes_first():
    for given in (["nl", "en"], ["en", "nl"]):
        Record.objects.all().delete()
        Call.objects.all().delete()
        titles = {"nl": "Nederlands", "en": "English"}
        assert bring(*(topic(language=one, title=titles[one]) for one in given)) == {"new": 1, "passed_over": 1}
        assert (Call.objects.get().title, Call.objects.get().title_language) == ("Nederlands", "nl")


def test_a_language_behind_changes_nothing():
    bring(topic(title="Nederlands"))
    before = everything()
    assert bring(topic(language="en", title="English")) == {"passed_over": 1}
    assert everything() == before


def test_a_draft_in_english_becomes_dutch_when_there_is_a_translation():
    bring(topic(language="en", title="English"))
    assert bring(topic(title="Nederlands")) == {"changed": 1}
    assert (Call.objects.get().title, Call.objects.get().title_language) == ("Nederlands", "nl")
    assert inbox() == [(CODE, "new", "", None, None)]


def test_the_same_topic_twice_counts_once_and_the_first_time():
    assert bring(topic(), topic(title="Anders")) == {"new": 1, "passed_over": 1}
    before = everything()
    assert bring(topic(), topic(title="Anders")) == {"unchanged": 1, "passed_over": 1}
    assert everything() == before


def test_an_identifier_means_the_same_in_any_case():
    bring(topic("AMIF-2027-A"))
    assert bring(topic("amif-2027-a")) == {"changed": 1}
    assert Record.objects.get().identifier == "amif-2027-a"
    assert Record.objects.get().key == "AMIF-2027-A"
    assert Call.objects.get().code == "amif-2027-a"


# Again ---------------------------------------------------------------------------------------------------------------


def test_a_second_run_of_the_same_changes_nothing():
    amif()
    given = topics(250)
    assert bring(*given) == {"new": 250}
    index_missing()
    before, stamp = everything(), Stamp.now()
    assert bring(*given) == {"unchanged": 250}
    assert everything() == before
    assert (Stamp.now(), Version.objects.count()) == (stamp, 0)
    assert list(ImportRun.objects.values_list("counts__unchanged", flat=True)) == [250, 0]


def test_a_second_run_says_when_it_saw_the_topics():
    bring(topic())
    first = Record.objects.get().seen_at
    bring(topic())
    assert Record.objects.get().seen_at > first


def test_a_draft_that_nobody_edited_follows_the_portal():
    bring(topic())
    moved = topic(deadline=LATER, title="Nieuwe titel", budgets=[], status="closed")
    assert bring(moved) == {"changed": 1}
    call = Call.objects.get()
    assert (localtime(call.deadline).isoformat(), call.title, call.slug) == (
        LATER,
        "Nieuwe titel",
        "integratie-op-lokaal-vlak",
    )
    assert list(call.budgets.all()) == []
    assert inbox() == [(CODE, "new", "", None, None)]
    assert (Record.objects.get().status, Record.objects.get().raw) == ("closed", moved.raw)
    assert bring(moved) == {"unchanged": 1}


def test_a_draft_that_follows_keeps_both_versions():
    bring(topic())
    bring(topic(deadline=LATER))
    versions = Version.objects.get_for_object(Call.objects.get())
    deadlines = [one.field_dict["deadline"].isoformat() for one in versions]
    assert deadlines == ["2027-09-01T15:00:00+00:00", "2027-06-01T15:00:00+00:00"]
    assert (versions[0].revision.comment, versions[0].revision.user) == ("Import EU-portaal", None)


def test_rows_that_stay_keep_their_number():
    cutoffs = [{"label": "", "at": f"2027-0{n}-01T17:00:00+01:00"} for n in (2, 3)]
    bring(topic(cutoffs=cutoffs, deadline_model="multiple_cutoff"))
    kept = Call.objects.get().cutoffs.last()
    bring(
        topic(cutoffs=[cutoffs[1], cutoffs[1] | {"at": "2027-04-01T17:00:00+02:00"}], deadline_model="multiple_cutoff")
    )
    rows = Call.objects.get().cutoffs.values_list("pk", "at")
    assert [localtime(at).isoformat() for _pk, at in rows] == [cutoffs[1]["at"], "2027-04-01T17:00:00+02:00"]
    assert kept.pk in [pk for pk, _at in rows]


def test_a_file_of_an_editor_is_not_the_portals():
    bring(topic())
    Call.objects.get().documents.create(title="Eigen bestand", file="2027/01/eigen.pdf", order=9)
    assert bring(topic()) == {"unchanged": 1}
    bring(topic(documents=[]))
    assert list(Call.objects.get().documents.values_list("title", flat=True)) == ["Eigen bestand"]


def test_a_topic_whose_moment_is_the_same_in_another_zone_is_unchanged():
    bring(topic())
    same = datetime.fromisoformat(DEADLINE).astimezone(UTC).isoformat()
    assert bring(topic(deadline=same)) == {"changed": 1}  # only its record
    assert bring(topic(deadline=same)) == {"unchanged": 1}
    assert Version.objects.count() == 0


# Queries -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 100])
def test_queries_of_a_chunk(number, django_assert_num_queries):
    """A hundred new topics need as many as one, and so do a hundred that are known."""
    amif()
    given = topics(number)
    with django_assert_num_queries(23):
        import_topics(given, "proef")
    with django_assert_num_queries(20):
        import_topics(given, "proef")
