"""What an editor reads about followers before and after a change, and what the desk writes down."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from accounts.models import CallChoice, Follow, SavedSearch
from calls.announcing import announce
from calls.models import Call, Change
from tests.desk import Desk, Form, rows
from tests.factories import ApplicantTypeFactory, CallFactory, FundFactory, ThemeFactory, UserFactory, brussels

pytestmark = pytest.mark.django_db
NOON = brussels(2027, 3, 1, 12)
MOVE = {"deadline_0": "30-06-2027", "deadline_1": "17:00"}
ONE = (
    "Wijzigt u een datum, het budget of de bijlagen, of trekt u de oproep in, dan krijgt 1 persoon daarvan bericht, "
    "een half uur na uw laatste"
)
MOVED = {"deadline": [["dinsdag 1 juni 2027 om 17.00 uur"], ["woensdag 30 juni 2027 om 17.00 uur"]]}
NOBODY = "Niemand krijgt hiervan bericht."
CHECKBOX = "Kleine wijziging: verwittig niemand"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def desk(clock, desk):
    return desk


@pytest.fixture
def theme():
    return ThemeFactory(name="Migratie")


@pytest.fixture
def call(clock, theme):
    return CallFactory(themes=[theme], published_at=brussels(2027, 1, 1), deadline=brussels(2027, 6, 1, 17))


@pytest.fixture
def follower(theme):
    follower = UserFactory()
    Follow.objects.create(user=follower, theme=theme)
    return follower


def path(call):
    return f"/beheer/calls/call/{call.pk}/change/"


def save(desk, call, **changes):
    """Sends the form with these changes; what the editor reads after “Gewijzigd: oproep …”."""
    assert desk.publish(path(call), _continue="", **changes) == []
    page = desk.client.get(path(call))
    return [str(message) for message in page.context["messages"]][1:]


# Before saving -------------------------------------------------------------------------------------------------------


def test_an_editor_reads_how_many_people_a_change_reaches(desk, call, follower):
    page = desk.read(path(call))
    assert page.count(ONE) == 2  # at the buttons above and at those below
    assert (NOBODY in page, CHECKBOX in page) == (False, True)


def test_everybody_counts_once_and_only_those_who_would_be_told(desk, call, theme, follower):
    SavedSearch.objects.create(user=follower, name="Alles", state="")
    by_search, by_call, muted, unconfirmed, no_changes = (UserFactory() for _ in range(5))
    SavedSearch.objects.create(user=by_search, name="Migratie", state=f"thema={theme.slug}")
    CallChoice.objects.create(user=by_call, call=call, kind="saved")
    for user in (muted, unconfirmed, no_changes):
        Follow.objects.create(user=user, theme=theme)
    CallChoice.objects.create(user=muted, call=call, kind="irrelevant")
    unconfirmed.emailaddress_set.update(verified=False)
    type(no_changes).objects.filter(pk=no_changes.pk).update(tells_changes=False)
    assert "dan krijgen 3 mensen daarvan bericht, een half uur na uw laatste wijziging." in desk.read(path(call))


def test_a_call_that_nobody_follows(desk, call):
    page = desk.read(path(call))
    assert (NOBODY in page, "krijgen" in page, CHECKBOX in page) == (True, False, True)


@pytest.mark.parametrize(
    "hidden",
    [
        {"published_at": None},
        {"published_at": NOON + timedelta(days=1)},
        {"withdrawn_at": NOON - timedelta(days=1)},
    ],
)
def test_of_a_call_that_is_not_published_nobody_hears(desk, call, follower, hidden):
    Call.objects.update(**hidden)
    page = desk.read(path(call))
    assert [words in page for words in ("daarvan bericht", NOBODY, CHECKBOX)] == [False, False, False]


def test_a_new_call_has_no_followers(desk):
    assert CHECKBOX not in desk.read("/beheer/calls/call/add/")


def test_who_may_only_look_is_not_asked(call, follower, settings):
    settings.STAFF_SECOND_FACTOR = False
    reader = UserFactory(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_call"))
    page = Desk(reader).read(path(call))
    assert (call.title in page, CHECKBOX in page, "daarvan bericht" in page) == (True, False, False)


def test_a_form_with_a_mistake_keeps_the_tick(desk, call, follower):
    response = desk.client.post(path(call), desk.form(path(call)) | {"title": "", "minor_change": "on"})
    assert (response.status_code, Form(response.text).fields["minor_change"]) == (200, "on")
    assert ONE in response.text


@pytest.mark.parametrize("followers", [1, 3])
def test_a_fixed_number_of_queries_whatever_the_followers(desk, call, theme, followers, django_assert_num_queries):
    for _ in range(followers):
        Follow.objects.create(user=UserFactory(), theme=theme)
    desk.client.get(path(call))
    with django_assert_num_queries(36):  # three of them for the count: the stamp, the saved searches, the followers
        desk.client.get(path(call))


# After saving --------------------------------------------------------------------------------------------------------


def test_a_change_is_noted_and_says_who_hears_of_it_and_when(desk, call, follower):
    told = save(desk, call, **MOVE, **rows("budgets", {"order": 1, "label": "EU", "amount": "1.250.000,50"}))
    assert told == ["Wijziging genoteerd: deadline, budget. 1 persoon krijgt daarvan bericht om 12.30."]
    change = Change.objects.get()
    assert change.facts == MOVED | {"budgets": [[], ["EU: €\xa01.250.000,50"]]}
    assert (change.call, change.minor, change.began_at, change.changed_at) == (call, False, NOON, NOON)


def test_every_part_of_the_form_is_looked_at(desk, call, documents):
    call.documents.create(order=1, title="Oud", link="https://example.org/oud.pdf")
    form = rows("cutoffs", {"label": "fase 1", "at_0": "01-04-2027", "at_1": "12:00"}) | {"documents-0-DELETE": "on"}
    form |= {"opens_at_0": "15-01-2027", "opens_at_1": "09:00"}
    assert save(desk, call, **form) == [
        f"Wijziging genoteerd: opening, tussentijdse deadlines, bijlagen. {NOBODY}",
    ]
    assert Change.objects.get().facts == {
        "opens_at": [[], ["vrijdag 15 januari 2027 om 09.00 uur"]],
        "cutoffs": [[], ["fase 1: donderdag 1 april 2027 om 12.00 uur"]],
        "documents": [["Oud (example.org/oud.pdf)"], []],
    }


def test_further_edits_are_joined_and_move_the_hour(desk, call, follower, clock):
    save(desk, call, **MOVE)
    clock.shift(timedelta(minutes=20))
    form = rows("budgets", {"order": 1, "amount": "5"})
    assert save(desk, call, **form) == [
        "Wijziging genoteerd: deadline, budget. 1 persoon krijgt daarvan bericht om 12.50."
    ]


def test_what_is_put_back_is_not_told(desk, call, follower):
    save(desk, call, **MOVE)
    back = {"deadline_0": "01-06-2027", "deadline_1": "17:00"}
    assert save(desk, call, **back) == ["Alles is weer zoals volgers het kennen: niemand krijgt bericht."]
    assert Change.objects.count() == 0


def test_a_minor_change_is_written_down_and_told_to_nobody(desk, call, follower):
    told = save(desk, call, **MOVE, minor_change="on")
    assert told == ["Wijziging genoteerd: deadline. Ze is klein: niemand krijgt bericht."]
    assert list(Change.objects.values_list("facts", "minor")) == [(MOVED, True)]


def test_a_minor_change_after_one_that_is_told_is_told_with_it(desk, call, follower):
    save(desk, call, **MOVE)
    told = save(desk, call, **rows("budgets", {"order": 1, "amount": "5"}), minor_change="on")
    assert told == ["Wijziging genoteerd: deadline, budget. 1 persoon krijgt daarvan bericht om 12.30."]


def test_another_text_is_no_change(desk, call, follower):
    assert save(desk, call, title="Anders", introduction="<p>Ook</p>") == []
    assert save(desk, call, minor_change="on") == []
    assert Change.objects.count() == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, ("01-03-2027", "11:00")), (None, ("", "")), (brussels(2027, 1, 1), ("", ""))],
    ids=["publishing", "a draft", "back to a draft"],
)
def test_what_nobody_could_read_before_and_after_is_no_change(desk, call, follower, before, after):
    Call.objects.update(published_at=before)
    date = {"published_at_0": after[0], "published_at_1": after[1]}
    assert save(desk, call, **MOVE, **date) == []
    assert Change.objects.count() == 0


def test_withdrawing_is_told(desk, call, follower):
    told = save(desk, call, withdrawn_at_0="01-03-2027", withdrawn_at_1="12:00")
    assert told == ["Wijziging genoteerd: intrekking. 1 persoon krijgt daarvan bericht om 12.30."]


def test_a_refused_form_writes_nothing_down(desk, call):
    assert desk.send(path(call), **MOVE, title="") == [("title", "Dit veld is verplicht.")]
    assert Change.objects.count() == 0


def test_a_new_call_writes_nothing_down(desk):
    published = {
        "title": "Nieuw",
        "deadline_model": "rolling",
        "published_at_0": "01-01-2027",
        "published_at_1": "12:00",
    }
    assert desk.publish("/beheer/calls/call/add/", **published) == []
    assert (Call.objects.count(), Change.objects.count()) == (1, 0)


def test_the_history_says_that_the_editor_called_it_minor(desk, call):
    save(desk, call, **MOVE, minor_change="on")
    assert LogEntry.objects.get().get_change_message() == f"Deadline en {CHECKBOX} gewijzigd."


def test_deleting_a_call_takes_its_changes_along(desk, call):
    save(desk, call, **MOVE)
    page = desk.read(path(call).replace("change", "delete"))
    assert "Wijzigingen van oproepen: 1" in page
    desk.client.post(path(call).replace("change", "delete"), {"post": "yes"})
    assert (Call.objects.count(), Change.objects.count()) == (0, 0)


# News once more ------------------------------------------------------------------------------------------------------

AGAIN = "Wie deze oproep voordien niet kon vinden, krijgt er bericht van als nieuwe oproep."


@pytest.fixture
def announced(call):
    announce()
    return call


@pytest.mark.parametrize(
    ("field", "new"),
    [
        ("themes", lambda call: [*call.themes.values_list("pk", flat=True), ThemeFactory().pk]),
        ("themes", lambda call: [ThemeFactory().pk]),
        ("fund", lambda call: FundFactory().pk),
        ("applicant_types", lambda call: [ApplicantTypeFactory().pk]),
    ],
)
def test_a_call_that_more_people_find_is_announced_again(desk, announced, field, new):
    assert save(desk, announced, **{field: new(announced)}) == [AGAIN]
    assert Call.objects.get().announcement is None


@pytest.mark.parametrize("sent", [{"themes": []}, {"title": "Anders"}, {"fund": ""}, MOVE])
def test_a_call_that_nobody_else_finds_is_not(desk, announced, sent):
    assert AGAIN not in save(desk, announced, **sent)
    assert Call.objects.get().announcement is not None


def test_nor_where_the_change_is_minor(desk, announced):
    assert save(desk, announced, themes=[ThemeFactory().pk], minor_change="on") == []
    assert Call.objects.get().announcement is not None
