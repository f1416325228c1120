"""The inbox, the records and the imports at the editors' desk, and the fields of a call that stay ours."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.timezone import localtime

from calls.imports.importing import import_topics
from calls.imports.topics import Broken
from calls.models import Call, ImportRun, Proposal, Record
from tests.desk import Desk
from tests.factories import CallFactory, EditorFactory
from tests.portal_topics import DEADLINE, LATER, bring, inbox, topic, topics

pytestmark = pytest.mark.django_db
INBOX = "/beheer/calls/proposal/"
DECIDE = ["Aanvaarden", "Onze behouden", "Nooit meer vragen"]


@pytest.fixture
def call(db):
    """A published call whose deadline is another on the portal."""
    bring(topic())
    Proposal.objects.all().delete()
    Call.objects.update(published_at=timezone.now() - timedelta(days=1))
    bring(topic(deadline=LATER))
    return Call.objects.get()


@pytest.fixture(params=["VLEVA-bijdragers", "VLEVA-lezers"])
def looker(request, settings):
    """The desk of somebody who may look at the inbox and decide nothing."""
    settings.STAFF_SECOND_FACTOR = False
    person = EditorFactory()
    person.groups.add(Group.objects.get(name=request.param))
    return Desk(person)


def post(desk, path=INBOX, **data):
    """What can be read on the page that comes of it, after a redirect if there is one."""
    response = desk.client.post(path, data)
    return desk.read(response.url) if response.status_code == 302 else response.text


def pks():
    return ",".join(str(pk) for pk in Proposal.objects.open().order_by("pk").values_list("pk", flat=True))


# The list ------------------------------------------------------------------------------------------------------------


def test_the_inbox_shows_what_differs_with_its_buttons(desk, call):
    [heads, row] = desk.table(INBOX)
    day = f"{localtime():%d}".lstrip("0")
    assert heads == ["Oproep", "Wat", "Onze → die van het portaal"]
    assert row[0] == "Integratie op lokaal vlak AMIF-2027-TF2-AG-01"
    assert row[1].startswith(f"Gewijzigd: deadline {day} ")
    assert row[2].startswith("verwijderd: dinsdag toegevoegd: woensdag 1 verwijderd: juni toegevoegd: september 2027")
    for name in DECIDE:
        assert f"{name}: Integratie op lokaal vlak: deadline" in row[2]


def test_a_new_topic_has_nothing_to_keep(desk):
    bring(topic())
    [_heads, row] = desk.table(INBOX)
    assert row[2].startswith(
        "Het portaal heeft een nieuwe oproep; er staat een ontwerp klaar. Deadline: dinsdag 1 juni"
    )
    assert "Budget: € 15.000.000" in row[2].replace("\xa0", " ")
    assert ("Aanvaarden" in row[2], "Onze behouden" in row[2], "Nooit meer vragen" in row[2]) == (True, False, True)


def test_only_what_is_undecided_stands_there_at_first(desk, call):
    Proposal.objects.update(decision="kept")
    assert desk.table(INBOX) == [[]]
    [_heads, row] = desk.table(f"{INBOX}?decision=all")
    assert row[2].endswith("Onze versie gehouden (-)")
    assert len(desk.table(f"{INBOX}?decision=kept")) == 2
    assert desk.table(f"{INBOX}?decision=never") == [[]]


def test_the_inbox_can_be_filtered_by_field_and_record(desk, call):
    assert len(desk.table(f"{INBOX}?field=deadline")) == 2
    assert desk.table(f"{INBOX}?field=title") == [[]]
    assert len(desk.table(f"{INBOX}?record={Record.objects.get().pk}")) == 2


def test_a_long_difference_folds_away(desk):
    bring(topic())
    Call.objects.update(published_at=timezone.now())
    bring(topic(introduction=f"<p>{'Lange tekst. ' * 60}</p>"))
    html = desk.client.get(INBOX).text
    assert html.count("<details><summary>Lange tekst. Lange") == 1


@pytest.mark.parametrize("number", [1, 3])
def test_queries_of_the_inbox(desk, number, django_assert_num_queries):
    bring(*topics(number))
    Proposal.objects.all().delete()
    Call.objects.update(published_at=timezone.now())
    bring(*topics(number, deadline=LATER, title="Nieuw"))
    with django_assert_num_queries(15):
        desk.client.get(INBOX)


@pytest.mark.parametrize("words", ["lokaal", "TF2-AG"])
def test_a_draft_is_found_at_once(desk, words):
    """By its title and its code, until the worker has written its words."""
    bring(topic())
    CallFactory(title="Iets anders", published_at=None)
    assert [row[0] for row in desk.table(f"/beheer/calls/call/?q={words}")[1:]] == [
        "Integratie op lokaal vlak AMIF-2027-TF2-AG-01"
    ]
    assert desk.table("/beheer/calls/call/?q=anders")[1][0].startswith("Iets anders")


# Deciding ------------------------------------------------------------------------------------------------------------


def test_no_more_is_decided_at_once_than_a_page_can_wait_for(desk, monkeypatch):
    monkeypatch.setattr("calls.imports.inbox_admin.MOST_CALLS", 2)
    bring(*topics(3))
    pks = list(Proposal.objects.values_list("pk", flat=True))
    for number, undecided in [(3, 3), (2, 1)]:
        chosen = pks[:number]
        asked = {"action": "accept_all", "_selected_action": chosen}
        assert ("Kies hoogstens 2 oproepen tegelijk" in desk.client.post(INBOX, asked, follow=True).text) is (
            number > 2
        )
        desk.client.post(INBOX, {"decision": "accept", "proposals": ",".join(map(str, chosen))}, follow=True)
        assert Proposal.objects.open().count() == undecided


def test_a_button_asks_before_it_decides(desk, call):
    proposal = Proposal.objects.get()
    page = post(desk, one=f"accept {proposal.pk}")
    assert "<strong>1 oproep, 1 veld.</strong>" in page
    assert localtime(Call.objects.get().deadline).isoformat() == DEADLINE
    read = post(desk, decision="accept", proposals=str(proposal.pk))
    assert "1 beslist." in read
    assert localtime(Call.objects.get().deadline).isoformat() == LATER


def test_many_at_once_are_asked_about_with_their_number(desk):
    bring(*topics(3))
    Call.objects.update(published_at=timezone.now())
    Proposal.objects.all().delete()
    bring(*topics(3, deadline=LATER, title="Nieuw"))
    chosen = {"action": "never_all", "_selected_action": [row.pk for row in Proposal.objects.all()]}
    page = desk.client.post(INBOX, chosen).text
    assert "<strong>3 oproepen, 6 velden.</strong>" in page
    assert "6 beslist." in post(desk, decision="never", proposals=pks())
    assert {tuple(call.own_fields) for call in Call.objects.all()} == {("deadline", "title")}


def test_the_filters_of_the_list_stay(desk, call):
    path = f"{INBOX}?kind=changed&decision=open"
    page = desk.client.post(path, {"one": f"keep {pks()}"}).text
    assert f'action="{path.replace("&", "&amp;")}"' in page
    assert desk.client.post(path, {"decision": "keep", "proposals": pks()}).url == path


def test_what_was_refused_is_told(desk, call):
    Proposal.objects.all().delete()
    bring(topic(opens_at="2027-07-01T00:00:00+02:00"))
    read = post(desk, decision="accept", proposals=pks())
    assert "Integratie op lokaal vlak: opent: Een oproep moet openen vóór de deadline." in read
    assert len(inbox()) == 1


def test_what_was_decided_already_is_told(desk, call):
    decided = pks()
    post(desk, decision="keep", proposals=decided)
    assert "Al beslist, of geen verschil meer: 1." in post(desk, decision="accept", proposals=decided)
    assert "Dit werd al beslist, of het is geen verschil meer." in post(desk, one=f"accept {decided}")
    assert localtime(Call.objects.get().deadline).isoformat() == DEADLINE


@pytest.mark.parametrize(
    "data",
    [
        {"one": ""},
        {"one": "accept"},
        {"one": "accept x"},
        {"one": "burn 1"},
        {"decision": "burn", "proposals": "1"},
        {"decision": "accept"},
        {"decision": "accept", "proposals": "x,-1,²,99999999999999999999"},
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_decides_nothing(desk, call, data):
    assert "Er was niets gekozen." in post(desk, **data)
    assert len(inbox()) == 1


def test_nothing_is_decided_by_looking(desk, call):
    desk.client.get(f"{INBOX}?one=accept+{pks()}")
    desk.client.get(f"{INBOX}?decision=accept&proposals={pks()}")
    assert len(inbox()) == 1


# Who may ------------------------------------------------------------------------------------------------------------


def test_who_may_not_decide_sees_no_buttons(looker, call):
    [heads, row] = looker.table(INBOX)
    assert heads[-1] == "Beslissing"
    assert row[-1] == "nog te beslissen"
    assert not any(name in " ".join(row) for name in DECIDE)


@pytest.mark.parametrize("data", [{"one": "accept {}"}, {"decision": "accept", "proposals": "{}"}])
def test_who_may_not_decide_cannot_by_hand(looker, call, data):
    data = {name: value.format(pks()) for name, value in data.items()}
    assert looker.client.post(INBOX, data).status_code == 403
    looker.client.post(INBOX, {"action": "accept_all", "_selected_action": pks()})
    assert len(inbox()) == 1


@pytest.mark.parametrize("model", ["proposal", "record", "importrun"])
def test_nobody_adds_edits_or_deletes_by_hand(desk, call, model):
    pk = {"proposal": Proposal, "record": Record, "importrun": ImportRun}[model].objects.first().pk
    path = f"/beheer/calls/{model}"
    assert desk.client.get(f"{path}/add/").status_code == 403
    assert desk.client.get(f"{path}/{pk}/delete/").status_code == 403
    assert desk.client.get(f"{path}/{pk}/change/").status_code == 200
    assert desk.client.post(f"{path}/{pk}/change/", {"_save": ""}).status_code == 403


def test_visitors_and_members_see_nothing(client, member, call):
    for person in (client, member):
        assert person.get(INBOX).status_code in (302, 403)


# Records and imports -------------------------------------------------------------------------------------------------


def test_a_record_shows_its_raw_text_as_text(desk):
    bring(topic(title="Titel <script>alert(1)</script>"))
    html = desk.client.get(f"/beheer/calls/record/{Record.objects.get().pk}/change/").text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_list_of_records(desk, call):
    [heads, row] = desk.table("/beheer/calls/record/")
    assert heads[1:5] == ["Status op het EU-portaal", "Taal", "Oproep", "Laatst gezien"]
    assert row[1:4] == ["Open", "nl", "Integratie op lokaal vlak"]


def test_an_import_names_what_was_broken(desk):
    import_topics([topic(), Broken("AMIF-2", "De titel <b>ontbreekt</b>.")], "antwoord.json")
    assert "1 nieuw, 1 onleesbaar" in desk.read("/beheer/calls/importrun/")
    read = desk.read(f"/beheer/calls/importrun/{ImportRun.objects.get().pk}/change/")
    assert "AMIF-2 De titel <b>ontbreekt</b>." in read


# The form of a call --------------------------------------------------------------------------------------------------


def test_the_form_of_a_call_links_to_its_proposals(desk, call):
    read = desk.read(f"/beheer/calls/call/{call.pk}/change/")
    assert "AMIF-2027-TF2-AG-01 ( 1 open voorstel )" in read


def test_an_editor_says_which_fields_stay_ours(desk, call):
    path = f"/beheer/calls/call/{call.pk}/change/"
    assert desk.send(path, own_fields=["deadline", "budgets"]) == []
    assert Call.objects.get().own_fields == ["deadline", "budgets"]
    bring(topic(deadline=LATER))
    assert inbox() == []
    assert desk.send(path, own_fields=["burn"])[0][0] == "own_fields"
    assert desk.send(path, own_fields=[]) == []
    assert Call.objects.get().own_fields == []


def test_who_may_not_edit_reads_which_fields_stay_ours(looker, call):
    Call.objects.update(own_fields=["deadline", "budgets"])
    assert "Velden die van ons blijven: Deadline, Budgetlijnen" in looker.read(f"/beheer/calls/call/{call.pk}/change/")


def test_a_call_that_the_portal_does_not_know_has_no_such_fields(desk):
    bring(topic())
    call = Call.objects.create(title="Van VLEVA")
    html = desk.client.get(f"/beheer/calls/call/{call.pk}/change/").text
    assert "own_fields" not in html
    assert desk.client.get("/beheer/calls/call/add/").status_code == 200
