"""Publishing from the form: errors forbid it, warnings ask, buttons and states, and both changes of the clock."""

from datetime import UTC, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from calls.desk.publishing import state_text
from calls.models import Call, Problem
from tests.desk import Desk, Form, rows, visible
from tests.factories import CallFactory, EditorFactory, brussels
from tests.test_checks import FULL, NOW

pytestmark = pytest.mark.django_db
ADD = "/beheer/calls/call/add/"
ASK = ("", "Bekijk de waarschuwingen, en duid erboven aan dat de oproep toch gepubliceerd mag worden.")
NOON = {"published_at_0": "01-03-2027", "published_at_1": "12:00"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def desk(clock, desk):
    return desk


@pytest.fixture
def draft(clock):
    return CallFactory(**FULL | {"published_at": None})


def path(call):
    return f"/beheer/calls/call/{call.pk}/change/"


def press(desk, call, button, **changes):
    """Presses a button of the form, which sends no _save; what the form then complains of."""
    response = desk.client.post(path(call), desk.form(path(call)) | {button: "ja"} | changes)
    return [] if response.status_code == 302 else Form(response.text).errors


def dates(call):
    return Call.objects.values_list("published_at", "withdrawn_at").get(pk=call.pk)


# Errors and warnings -------------------------------------------------------------------------------------------------


def test_a_call_without_a_fault_is_published_at_once(desk, draft):
    assert desk.send(path(draft), **NOON) == []
    assert dates(draft) == (NOW, None)
    assert Problem.objects.count() == 0


@pytest.mark.parametrize("moment", [NOON, {"published_at_0": "02-03-2027", "published_at_1": "9:00"}])
def test_an_error_refuses_publishing_and_scheduling_beside_the_field(desk, draft, moment):
    past = {"deadline_0": "26-02-2027", "title": "Veel getypt"}
    text = "De deadline is voorbij: vrijdag 26 februari 2027 om 17.00 uur."
    assert desk.send(path(draft), **past, **moment, publish_anyway="on") == [("deadline", text)]
    draft.refresh_from_db()
    assert (draft.title != "Veel getypt", draft.published_at) == (True, None)
    response = desk.client.post(path(draft), desk.form(path(draft)) | past | moment)
    assert Form(response.text).fields["title"] == "Veel getypt"
    assert ("publish_anyway" in response.text, response.context["faults"]) == (False, [])


def test_a_button_does_nothing_where_the_call_has_appeared_since_its_form_was_opened(desk, draft, clock):
    Call.objects.update(published_at=NOW + timedelta(minutes=5))
    form = desk.form(path(draft)) | {"_to_draft": "ja", "title": "Getypt"}
    clock.shift(timedelta(minutes=10))
    response = desk.client.post(path(draft), form)
    refusal = "Deze oproep is nu: Gepubliceerd. “Terug naar ontwerp” is dus niet gebeurd, en er is niets bewaard."
    assert Form(response.text).errors == [("", refusal)]
    assert Form(response.text).fields["title"] == "Getypt"
    assert dates(draft) == (NOW + timedelta(minutes=5), None)


def test_a_draft_is_saved_with_any_problem(desk, draft):
    assert desk.send(path(draft), deadline_0="26-02-2027", introduction="") == []
    assert sorted(Problem.objects.values_list("code", flat=True)) == ["deadline_past", "section_empty"]


def test_warnings_ask_and_a_tick_answers(desk, draft):
    sent = desk.form(path(draft)) | NOON | {"introduction": "", "info_contact": "", "title": "Getypt", "_save": ""}
    response = desk.client.post(path(draft), sent)
    form = Form(response.text)
    assert form.errors == [ASK]
    assert {name: form.fields.get(name) for name in ("title", *NOON)} == {"title": "Getypt", **NOON}
    page = visible(response.text)
    assert "Controle: 2 waarschuwingen Waarschuwing De inleiding is leeg." in page
    assert "Toch publiceren, met 2 waarschuwingen" in page
    assert "Ontwerp Alleen medewerkers zien deze oproep." in page
    assert dates(draft) == (None, None)
    assert desk.publish(path(draft), **NOON, introduction="", info_contact="") == []
    assert dates(draft) == (NOW, None)
    assert Problem.objects.count() == 2


def test_a_yes_to_some_warnings_is_no_yes_to_others(desk, draft):
    sent = desk.form(path(draft)) | NOON | {"introduction": "", "_save": ""}
    tick = desk.client.post(path(draft), sent).context["consent"]
    response = desk.client.post(path(draft), sent | {"info_contact": "", "publish_anyway": tick})
    assert Form(response.text).errors == [ASK]
    assert desk.client.post(path(draft), sent | {"publish_anyway": tick}).status_code == 302


def test_rows_that_were_typed_count(desk, draft):
    Call.objects.update(budget_text="<p>Het budget is € 500.</p>")
    lines = rows("budgets", {"order": 1, "amount": "500"})
    assert desk.send(path(draft), **NOON) == [ASK]
    assert desk.send(path(draft), **NOON, **lines) == []
    assert draft.budgets.count() == 1


def test_a_new_call_is_published_in_one_go(desk):
    sent = {
        "title": "Nieuw",
        "deadline_model": "single_stage",
        "deadline_0": "01-06-2027",
        "deadline_1": "17:00",
    } | NOON
    assert desk.send(ADD, **sent) == [ASK]
    assert Call.objects.count() == 0
    assert desk.publish(ADD, **sent) == []
    assert Call.objects.get().is_published
    assert desk.send(ADD, **sent | {"deadline_0": "01-02-2027"}) == [
        ("deadline", "De deadline is voorbij: maandag 1 februari 2027 om 17.00 uur.")
    ]


def test_files_must_be_chosen_again_and_none_stays_behind(desk, draft, documents):
    guide = SimpleUploadedFile("gids.pdf", b"%PDF-1.7")
    sent = desk.form(path(draft)) | NOON | rows("documents", {"order": 1, "title": "Gids", "file": guide})
    response = desk.client.post(path(draft), sent | {"introduction": "", "_save": ""})
    assert "Kies deze bestanden opnieuw: gids.pdf." in visible(response.text)
    assert [*documents.rglob("*.*")] == []


def test_a_published_call_may_keep_its_faults_but_gets_no_new_error(desk):
    call = CallFactory(deadline=NOW - timedelta(days=3), published_at=brussels(2027, 1, 4))
    assert desk.send(path(call), title="Beter", deadline_0="27-02-2027") == []
    scheduled = CallFactory(**FULL | {"published_at": NOW + timedelta(days=1)})
    assert desk.send(path(scheduled), introduction="") == []
    assert desk.send(path(scheduled), published_at_0="02-06-2027") == [
        ("deadline", "De oproep verschijnt pas na de deadline.")
    ]


def test_whoever_may_not_publish_is_not_asked(settings, draft, editor):
    settings.STAFF_SECOND_FACTOR = False
    contributor = EditorFactory()
    contributor.groups.add(Group.objects.get(name="VLEVA-bijdragers"))
    desk = Desk(contributor)
    assert desk.send(path(draft), **NOON, introduction="") == []
    assert dates(draft) == (None, None)
    assert desk.client.post(path(draft), desk.form(path(draft)) | {"_publish": "ja"}).status_code == 403
    assert "Nu publiceren" not in desk.read(path(draft))


# Buttons and states --------------------------------------------------------------------------------------------------

LATER = NOW + timedelta(days=2)


@pytest.mark.parametrize(
    ("published", "withdrawn", "state", "labels"),
    [
        (None, None, "Ontwerp Alleen medewerkers zien deze oproep.", ["Nu publiceren"]),
        (
            LATER,
            None,
            "Gepland Gepland voor woensdag 3 maart 2027 om 12.00 uur",
            ["Nu publiceren", "Terug naar ontwerp"],
        ),
        (NOW, None, "Gepubliceerd Gepubliceerd op maandag 1 maart 2027 om 12.00 uur", ["Intrekken"]),
        (
            brussels(2027, 1, 4),
            NOW,
            "Ingetrokken Ingetrokken op maandag 1 maart 2027 om 12.00 uur",
            ["Intrekking ongedaan maken"],
        ),
    ],
)
def test_a_state_and_its_buttons(desk, published, withdrawn, state, labels):
    call = CallFactory(**FULL | {"published_at": published, "withdrawn_at": withdrawn})
    response = desk.client.get(path(call))
    assert [str(label) for _name, label in response.context["buttons"]] == labels
    assert state in visible(response.text)


@pytest.mark.parametrize(
    ("button", "before", "after"),
    [
        ("_publish", (None, None), (NOW, None)),
        ("_publish", (LATER, None), (NOW, None)),
        ("_to_draft", (LATER, None), (None, None)),
        ("_withdraw", (brussels(2027, 1, 4), None), (brussels(2027, 1, 4), NOW)),
        ("_restore", (brussels(2027, 1, 4), NOW), (brussels(2027, 1, 4), None)),
    ],
)
def test_a_button_saves_the_form_and_changes_the_state(desk, button, before, after):
    call = CallFactory(**FULL | {"published_at": before[0], "withdrawn_at": before[1]})
    assert press(desk, call, button, title="Ook bewaard") == []
    assert dates(call) == after
    call = Call.objects.get(title="Ook bewaard")
    assert f"Ook bewaard: {state_text(call)}" in visible(desk.client.get(path(call)).text)


def test_a_button_asks_about_warnings_too(desk, draft):
    assert press(desk, draft, "_publish", introduction="") == [ASK]
    assert dates(draft) == (None, None)


def test_a_double_click_publishes_once(desk, draft, clock):
    sent = desk.form(path(draft)) | {"_publish": "ja"}
    assert desk.client.post(path(draft), sent).status_code == 302
    first = dates(draft)
    desk.client.post(path(draft), sent)
    assert dates(draft) == first


# The list ------------------------------------------------------------------------------------------------------------


def test_the_filter_on_checks(desk):
    names = {
        "error": ["fout"],
        "warning": ["waarschuwing"],
        "none": ["goed"],
        "onzin": ["fout", "goed", "waarschuwing"],
    }
    for name, levels in [("fout", ["error"]), ("waarschuwing", ["warning"]), ("goed", [])]:
        call = CallFactory(title=name)
        for level in levels:
            call.problems.create(level=level, code="x", text="Tekst")
    for value, titles in names.items():
        assert sorted(row[0] for row in desk.table(f"/beheer/calls/call/?checks={value}")[1:]) == titles


@pytest.mark.parametrize("number", [1, 50])
def test_the_list_takes_a_fixed_number_of_queries(desk, number, django_assert_max_num_queries):
    for n in range(number):
        call = CallFactory(code=str(n))
        call.problems.create(level="error", code="x", text="Tekst")
    desk.client.get("/beheer/calls/call/")
    with django_assert_max_num_queries(11):
        assert len(desk.table("/beheer/calls/call/")) == number + 1


# The clock -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["28-03-2027", "31-10-2027"])
def test_an_hour_that_does_not_exist_or_exists_twice_is_refused(desk, draft, day):
    [(field, text)] = desk.send(path(draft), published_at_0=day, published_at_1="02:30", deadline_0="01-12-2027")
    assert field == "published_at"
    assert text.endswith(
        "in die nacht gaat de klok over op zomer- of winteruur, en bestaat dit uur niet of twee keer. "
        "Kies een uur vóór 2.00 uur of vanaf 3.00 uur."
    )
    assert dates(draft) == (None, None)


@pytest.mark.parametrize(
    ("day", "typed"),
    [
        (brussels(2027, 3, 28, 1, 59), ("28-03-2027", "01:59")),
        (brussels(2027, 3, 28, 3, 0), ("28-03-2027", "03:00")),
        (brussels(2027, 10, 31, 1, 59), ("31-10-2027", "01:59")),
        (brussels(2027, 10, 31, 3, 0), ("31-10-2027", "03:00")),
    ],
)
def test_it_appears_in_the_minute_it_was_scheduled_for(desk, draft, client, clock, day, typed):
    moment = {"published_at_0": typed[0], "published_at_1": typed[1]}
    assert desk.send(path(draft), deadline_0="01-12-2027", **moment) == []
    assert dates(draft) == (day, None)
    statuses = []
    for at in (day.astimezone(UTC) - timedelta(seconds=1), day):
        clock.move_to(at)
        statuses.append(client.get(draft.get_absolute_url()).status_code)
    assert statuses == [404, 200]


@pytest.mark.parametrize("fold", [0, 1])
def test_a_button_pressed_in_the_hour_that_exists_twice(settings, editor, clock, fold):
    settings.STAFF_SECOND_FACTOR = False
    clock.move_to(brussels(2027, 10, 31, 2, 30).replace(fold=fold))
    draft = CallFactory(**FULL | {"published_at": None, "deadline": brussels(2027, 12, 1, 12)})
    assert press(Desk(editor), draft, "_publish") == []
    assert dates(draft) == (brussels(2027, 10, 31, 1, 59, 59), None)
    assert Call.objects.get().is_published
