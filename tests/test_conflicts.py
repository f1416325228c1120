"""Two editors on one call: the second sees what the first did, and loses nothing."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from calls.desk.versions import stored_state, versioned, versions_of
from calls.models import Action, Budget, Call, Cutoff, Objective
from tests.conflicts import Answer, others, path
from tests.desk import Desk, visible
from tests.factories import CallFactory, EditorFactory, ThemeFactory, UserFactory, brussels

pytestmark = pytest.mark.django_db
REFUSED = ("", "Nog niet opgeslagen: deze oproep is gewijzigd terwijl u eraan werkte.")
MINE = "U wijzigde dit ook: wat u typte, staat in het formulier."
MY_ROW = "U wijzigde deze rij ook: wat u typte, staat in het formulier."


@pytest.fixture
def call(db):
    return CallFactory(
        title="Oproep",
        code="A-1",
        introduction="<p>Inleiding</p>",
        deadline=brussels(2027, 6, 1, 17),
        published_at=brussels(2026, 1, 1, 9),
    )


@pytest.fixture
def an(db):
    return UserFactory(first_name="An", last_name="Peeters")


def test_the_second_to_save_is_shown_what_changed_and_loses_nothing(desk, call, an):
    form = desk.form(path(call))
    others(call, an, title="Oproep van An", deadline=brussels(2027, 6, 2, 17), code="B-2")
    answer = Answer(desk, call, form, title="Oproep van mij", introduction="<p>Mijn inleiding</p>")
    assert answer.errors == [REFUSED]
    assert "An Peeters · Titel gewijzigd." in answer.text
    assert answer.told == (
        f"Titel Oproep toegevoegd: van An {MINE} Code verwijderd: A-1 toegevoegd: B-2 "
        "Deadline verwijderd: 1 toegevoegd: 2 juni 2027 17:00"
    )
    assert Call.objects.get().title == "Oproep van An"
    shown = [answer.form[name] for name in ("title", "introduction", "code", "deadline_0", "deadline_1")]
    assert shown == ["Oproep van mij", "<p>Mijn inleiding</p>", "B-2", "02-06-2027", "17:00:00"]
    assert Answer(desk, call, answer.form).saved
    stored = Call.objects.get()
    assert (stored.title, stored.introduction) == ("Oproep van mij", "<p>Mijn inleiding</p>")
    assert (stored.code, stored.deadline) == ("B-2", brussels(2027, 6, 2, 17))
    assert versions_of(call.pk).count() == 3


def test_a_third_editor_is_shown_too(desk, call, an):
    form = desk.form(path(call))
    others(call, an, title="Eerst")
    first = Answer(desk, call, form, code="MIJN")
    others(call, an, title="Daarna")
    second = Answer(desk, call, first.form)
    assert second.errors == [REFUSED]
    assert second.told == "Titel verwijderd: Eerst toegevoegd: Daarna"
    assert Answer(desk, call, second.form).saved
    assert (Call.objects.get().title, Call.objects.get().code) == ("Daarna", "MIJN")


def test_the_same_change_by_both_is_no_matter_of_choice(desk, call, an):
    form = desk.form(path(call))
    others(call, an, title="Hetzelfde")
    answer = Answer(desk, call, form, title="Hetzelfde")
    assert answer.told == "Titel verwijderd: Oproep toegevoegd: Hetzelfde"
    assert answer.form["title"] == "Hetzelfde"


def test_a_save_that_changed_nothing_is_no_conflict(desk, call, an):
    form = desk.form(path(call))
    others(call, an)
    assert Answer(desk, call, form, title="Van mij").saved


def test_own_mistakes_are_shown_beside_it(desk, call, an):
    form = desk.form(path(call))
    others(call, an, title="Van An")
    answer = Answer(desk, call, form, deadline_0="gisteren")
    assert answer.errors == [REFUSED, ("deadline", "Vul een geldige datum in.")]
    again = Answer(desk, call, answer.form)
    assert again.errors == [("deadline", "Vul een geldige datum in.")]
    assert again.form["deadline_0"] == "gisteren"
    assert Answer(desk, call, again.form, deadline_0="03-06-2027").saved


def test_choices_and_ticks_are_merged_too(desk, call, an):
    mine, theirs = ThemeFactory(), ThemeFactory()
    one = Budget.objects.create(call=call, order=1, label="a", amount=1)
    form = desk.form(path(call))
    with versioned(an):
        call.themes.add(theirs)
        Budget.objects.filter(pk=one.pk).update(label="b")
        one.refresh_from_db()
        one.shared = True
        one.save()
    answer = Answer(desk, call, form, **{"budgets-0-amount": "2"})
    assert (answer.form["themes"], answer.form["budgets-0-shared"]) == ([str(theirs.pk)], "on")
    assert (answer.form["budgets-0-amount"], answer.form["budgets-0-label"]) == ("2", "b")
    others(call, an, title="Nog eens")
    answer = Answer(desk, call, answer.form, themes=[mine.pk])
    assert Answer(desk, call, answer.form).saved
    assert [*call.themes.all()] == [mine]
    assert list(call.budgets.values_list("label", "amount", "shared")) == [("b", 2, True)]


# Rows ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def lines(call):
    return [Budget.objects.create(call=call, order=n, label=f"lijn {n}", amount=n) for n in (1, 2, 3)]


def test_a_row_that_another_deleted_stays_where_i_changed_it_and_goes_where_not(desk, call, an, lines):
    form = desk.form(path(call))
    with versioned(an, "Rijen weg."):
        lines[0].delete()
        lines[1].delete()
    answer = Answer(desk, call, form, **{"budgets-1-label": "van mij"})
    assert answer.errors == [REFUSED]
    assert answer.told == (
        "Budgetlijnen verwijderd Wat of wie verwijderd: lijn 1 Bedrag (euro) verwijderd: 1,00 "
        f"verwijderd {MY_ROW} Wat of wie verwijderd: lijn 2 Bedrag (euro) verwijderd: 2,00"
    )
    assert Answer(desk, call, answer.form).saved
    assert list(call.budgets.values_list("label", "amount")) == [("van mij", 2), ("lijn 3", 3)]


def test_rows_that_another_added_stay_and_so_do_mine(desk, call, an, lines):
    form = desk.form(path(call))
    with versioned(an, "Rij erbij."):
        Budget.objects.create(call=call, order=4, label="van An", rate=50)
        Objective.objects.create(call=call, order=1, text="<p>Van An</p>")
    new = {"order": "5", "label": "van mij", "amount": "9"}
    changes = {f"budgets-3-{name}": value for name, value in new.items()} | {"budgets-TOTAL_FORMS": "4"}
    answer = Answer(desk, call, form, **changes, **{"budgets-0-DELETE": "on"})
    assert [answer.form[f"budgets-{n}-label"] for n in range(5)] == ["lijn 1", "lijn 2", "lijn 3", "van An", "van mij"]
    assert answer.form["objectives-0-text"] == "<p>Van An</p>"
    assert Answer(desk, call, answer.form).saved
    assert list(call.budgets.values_list("label", flat=True)) == ["lijn 2", "lijn 3", "van An", "van mij"]
    assert list(call.objectives.values_list("text", flat=True)) == ["<p>Van An</p>"]


def test_a_row_that_both_deleted_is_gone(desk, call, an, lines):
    form = desk.form(path(call))
    with versioned(an):
        lines[0].delete()
    answer = Answer(desk, call, form, **{"budgets-0-DELETE": "on"})
    assert answer.errors == [REFUSED]
    assert Answer(desk, call, answer.form).saved
    assert list(call.budgets.values_list("label", flat=True)) == ["lijn 2", "lijn 3"]


def test_a_row_that_both_changed_is_mine_but_for_what_i_left_alone(desk, call, an, lines):
    form = desk.form(path(call))
    with versioned(an):
        lines[0].label, lines[0].note = "van An", "door An"
        lines[0].save()
    answer = Answer(desk, call, form, **{"budgets-0-label": "van mij"})
    assert MY_ROW in answer.told
    assert Answer(desk, call, answer.form).saved
    first = call.budgets.first()
    assert (first.label, first.note) == ("van mij", "door An")


def test_long_rows_and_cutoffs_are_merged(desk, call, an):
    Action.objects.create(call=call, order=1, group="Groep", text="<p>Actie</p>")
    cutoff = Cutoff.objects.create(call=call, label="fase 1", at=brussels(2027, 3, 1, 12))
    form = desk.form(path(call))
    with versioned(an):
        cutoff.at = brussels(2027, 3, 2, 12)
        cutoff.save()
    answer = Answer(desk, call, form, **{"actions-0-text": "<p>Van mij</p>"})
    assert answer.form["cutoffs-0-at_0"] == "02-03-2027"
    assert Answer(desk, call, answer.form).saved
    assert (call.actions.get().text, call.cutoffs.get().at) == ("<p>Van mij</p>", brussels(2027, 3, 2, 12))


def test_a_file_is_asked_for_once_more(desk, call, an, documents):
    form = desk.form(path(call))
    others(call, an, title="Van An")
    rows = {"documents-TOTAL_FORMS": "1", "documents-0-title": "Gids", "documents-0-order": "1"}
    file = SimpleUploadedFile("gids.pdf", b"%PDF-1.7")
    answer = Answer(desk, call, form, **rows, **{"documents-0-file": file})
    assert "Kies het bestand ‘gids.pdf’ opnieuw: een browser stuurt het maar één keer mee." in answer.text
    assert answer.form["documents-0-title"] == "Gids"
    again = SimpleUploadedFile("gids.pdf", b"%PDF-1.7")
    assert Answer(desk, call, answer.form, **{"documents-0-file": again}).saved
    assert call.documents.get().title == "Gids"


# Odd cases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made_from", ["", "onzin", "0" * 32])
def test_a_form_that_says_nothing_sensible_is_shown_before_it_is_saved(desk, call, made_from):
    form = desk.form(path(call)) | {"made_from": made_from}
    answer = Answer(desk, call, form, title="Van mij")
    assert answer.errors == [REFUSED]
    assert "is niet meer bekend: vergelijk met de geschiedenis." in answer.text
    assert answer.form["title"] == "Van mij"
    assert Answer(desk, call, answer.form).saved
    assert Call.objects.get().title == "Van mij"


@pytest.mark.parametrize("name", ["TOTAL_FORMS", "0-id"])
@pytest.mark.parametrize("number", ["", "x", "-1", "99999999", "²", "9" * 5000])
def test_rows_without_a_sensible_number_give_no_500(desk, call, an, lines, name, number):
    form = desk.form(path(call))
    others(call, an, title="Van An")
    answer = desk.client.post(path(call), form | {f"budgets-{name}": number, "_save": ""})
    assert answer.status_code == 200
    assert call.budgets.count() == 3


def test_changes_outside_any_version_count_too(desk, call):
    form = desk.form(path(call))
    Call.objects.update(title="Door een import")
    answer = Answer(desk, call, form, code="MIJN")
    assert (answer.errors, answer.form["code"]) == ([REFUSED], "MIJN")


def test_a_call_deleted_meanwhile_gives_the_typed_text_back(desk, call, an, lines):
    form = desk.form(path(call))
    with versioned(an):
        Call.objects.get().delete()
    response = desk.client.post(path(call), form | {"introduction": "<p>Mijn werk</p>", "_save": ""})
    assert response.status_code == 410
    text = visible(response.text)
    assert "Er is niets opgeslagen. Hieronder staat alles wat u typte" in text
    assert "Inleiding &lt;p&gt;Mijn werk&lt;/p&gt;" in response.text.replace('<br><textarea readonly rows="3">', " ")
    assert "Budgetlijn · wat of wie" in text
    assert not Call.objects.exists()


@pytest.mark.parametrize("number", [3, 60])
def test_the_form_asks_no_query_per_row(desk, number, django_assert_num_queries):
    call = CallFactory()
    Budget.objects.bulk_create(Budget(call=call, order=n, amount=n) for n in range(number))
    Action.objects.bulk_create(Action(call=call, order=n, text="<p>a</p>") for n in range(number))
    desk.client.get(path(call))
    with django_assert_num_queries(35):
        desk.client.get(path(call))


# At the same moment --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_the_same_moment_one_is_asked(call, settings):
    settings.STAFF_SECOND_FACTOR = False
    desks = [Desk(EditorFactory(is_superuser=True)) for _ in range(2)]
    forms = [desk.form(path(call)) for desk in desks]
    start = Barrier(2)

    def save(place):
        try:
            start.wait()
            sent = forms[place] | {"title": f"Van {place}", "_save": ""}
            return desks[place].client.post(path(call), sent).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, range(2))) == [200, 302]
    assert Call.objects.get().title in ("Van 0", "Van 1")
    assert stored_state(call.pk)["call"]["title"] == Call.objects.get().title
    assert versions_of(call.pk).count() == 2
