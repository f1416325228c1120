"""Which mails somebody wants: choosing, the next digest beforehand, what was sent, an address that takes no mail."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Message, Notice, SavedSearch, User
from accounts.preferences import PreferencesForm
from calls.announcing import announce
from tests.factories import CallFactory, ThemeFactory, UserFactory, brussels
from tests.reading import text

pytestmark = pytest.mark.django_db
PAGE, PREVIEW, RETRY = "/mijn/voorkeuren/", "/mijn/voorkeuren/voorbeeld/", "/mijn/voorkeuren/adres/"
START = {
    "digest": "weekly",
    "remind_of": "all",
    "reminder_days": [14, 1],
    "tells_changes": True,
    "tells_next_editions": True,
}
WISHES = {
    "digest": "daily",
    "remind_of": "saved",
    "reminder_days": [30, 7],
    "tells_changes": False,
    "tells_next_editions": False,
}
FORM = {"digest": "daily", "remind_of": "saved", "reminder_days": ["7", "30", "7"]}


def wishes(user):
    return User.objects.filter(pk=user.pk).values(*START).get()


def messages(response):
    return re.findall(r'<li class="message (\w+)">(.*?)</li>', response.content.decode())


def chosen(response):
    """{name: values} of the form as it is shown."""
    found = {}
    for field in re.findall(r"<input [^>]*checked[^>]*>", response.content.decode()):
        value = re.search(r'value="([^"]+)"', field)
        found.setdefault(re.search(r'name="(\w+)"', field)[1], []).append(value[1] if value else "on")
    return found


# Choosing ------------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_chosen_and_when_each_mail_comes(member):
    response = member.get(PAGE)
    assert chosen(response) == {
        "digest": ["weekly"],
        "remind_of": ["all"],
        "reminder_days": ["14", "1"],
        "tells_changes": ["on"],
        "tells_next_editions": ["on"],
    }
    page = text(response)
    for words in (
        "Eén mail met alle nieuwe oproepen in wat u volgt. Ze vertrekt om 7.00 uur.",
        "Elke dag Elke week, op maandag Nooit",
        "De mail vertrekt een half uur na de laatste wijziging",
        "Om 7.00 uur, zoveel dagen vóór de volgende datum van een oproep.",
        "30 dagen vooraf 14 dagen vooraf 7 dagen vooraf 1 dag vooraf",
        "We gaven u nog geen bericht.",
    ):
        assert words in page


def test_what_is_chosen_is_saved_and_shown(member, user):
    response = member.post(PAGE, FORM)
    assert (response.status_code, response["Location"]) == (302, PAGE)
    assert wishes(user) == WISHES
    page = member.get(PAGE)
    assert messages(page) == [("success", "Uw voorkeuren zijn bewaard.")]
    assert chosen(page) == {"digest": ["daily"], "remind_of": ["saved"], "reminder_days": ["30", "7"]}


def test_saving_twice_is_saving_once_and_touches_nobody_else(member, user):
    other = UserFactory()
    for _twice in range(2):
        member.post(PAGE, FORM)
    assert (wishes(user)["digest"], wishes(other)) == ("daily", START)


def test_saving_touches_nothing_that_is_not_in_the_form(member, user, monkeypatch):
    """A digest may go out, or a mail come back, while somebody fills in the form."""
    marks = {"digest_on": timezone.localdate(), "told_until": 41, "bounced_at": timezone.now(), "bounce": "550"}

    keep = PreferencesForm.keep

    def keep_meanwhile(form):
        User.objects.update(**marks)
        keep(form)

    monkeypatch.setattr(PreferencesForm, "keep", keep_meanwhile)
    member.post(PAGE, FORM | {"is_staff": "on", "email": "ander@example.org", "told_until": "0"})
    assert User.objects.values(*marks, "is_staff", "email").get() == marks | {"is_staff": False, "email": user.email}
    assert wishes(user)["digest"] == "daily"


def test_no_reminders_need_no_days(member, user):
    member.post(PAGE, {"digest": "off", "remind_of": "off"})
    assert wishes(user) == {
        "digest": "off",
        "remind_of": "off",
        "reminder_days": [],
        "tells_changes": False,
        "tells_next_editions": False,
    }


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reminder_days": []}, "Kies minstens één moment, of kies helemaal geen herinneringen."),
        ({"reminder_days": ["5"]}, "Selecteer een geldige keuze. 5 is geen beschikbare keuze."),
        ({"reminder_days": ["x"]}, "Selecteer een geldige keuze. x is geen beschikbare keuze."),
        ({"digest": "hourly"}, "Selecteer een geldige keuze. hourly is geen beschikbare keuze."),
        ({"digest": "d\x00"}, "is geen beschikbare keuze."),
        ({"remind_of": "<b>"}, "&lt;b&gt; is geen beschikbare keuze."),
        ({"remind_of": ""}, "Dit veld is verplicht."),
        ({"digest": "", "remind_of": "", "reminder_days": []}, "Dit veld is verplicht."),
    ],
)
def test_wrong_input_is_named_and_nothing_is_saved(member, user, wrong, words):
    response = member.post(PAGE, FORM | wrong)
    assert (response.status_code, wishes(user)) == (400, START)
    assert "Er is nog niets bewaard: hieronder klopt iets niet." in text(response)
    assert words in text(response)


def test_an_empty_form_is_refused(member, user):
    assert (member.post(PAGE).status_code, wishes(user)) == (400, START)


def test_days_that_are_no_longer_offered_do_no_harm(member, user):
    User.objects.update(reminder_days=[60, 7])
    assert chosen(member.get(PAGE))["reminder_days"] == ["7"]


# The next digest -----------------------------------------------------------------------------------------------------


def test_the_preview_shows_what_the_next_digest_would_hold_and_why(member, user):
    theme = ThemeFactory(name="Migratie")
    user.themes.add(theme)
    SavedSearch.objects.create(user=user, name="Taal", state="q=taal")
    with time_machine.travel(brussels(2026, 3, 1, 12), tick=False):
        CallFactory(title="Taal op het werk", themes=[theme], deadline=brussels(2026, 4, 1, 17))
        CallFactory(title="Iets anders")
        CallFactory(title="Gesloten", themes=[theme], deadline=brussels(2026, 2, 1, 17))
        User.objects.update(told_until=0, date_joined=brussels(2026, 2, 1))
        announce()
        response = member.get(PREVIEW)
    page = text(response)
    assert re.findall(r'<h2><a href="([^"]+)"', response.text) == ["/oproepen/taal-op-het-werk/"]
    assert "Ze vertrekt op maandag 2 maart om 7.00 uur." in page
    assert (
        "Deadline woensdag 1 april 2026 om 17.00 uur Waarom u dit krijgt: thema Migratie, zoekopdracht “Taal”" in page
    )


@pytest.mark.parametrize(
    ("digest", "words"),
    [
        ("daily", "Ze vertrekt op dinsdag 3 maart om 7.00 uur."),
        ("weekly", "Ze vertrekt op maandag 9 maart om 7.00 uur."),
        ("off", "U krijgt geen mail met nieuwe oproepen."),
    ],
)
def test_the_preview_says_when_it_comes_also_with_nothing_to_tell(member, digest, words):
    # The first of whoever comes in the night to Monday is for Tuesday, or for a week later.
    with time_machine.travel(brussels(2026, 3, 2, 1), tick=False):
        User.objects.update(digest=digest, date_joined=timezone.now())
        page = text(member.get(PREVIEW))
    assert words in page
    assert "Niets: er is geen nieuwe oproep in wat u volgt." in page


def test_looking_at_the_preview_tells_nothing(member, user):
    theme = ThemeFactory()
    user.themes.add(theme)
    CallFactory(title="Nieuw", themes=[theme])
    User.objects.update(told_until=0)
    announce()
    for _twice in range(2):
        assert "Nieuw" in text(member.get(PREVIEW))
    assert (Notice.objects.count(), Message.objects.count()) == (0, 0)


# What was sent -------------------------------------------------------------------------------------------------------


def told(user, call, kind="new", **mail):
    message = (
        Message.objects.create(user=user, recipient=user.email, subject="x", content=b"", **mail) if mail else None
    )
    return Notice.objects.create(user=user, call=call, kind=kind, message=message)


def test_the_last_notices_say_what_came_of_the_mail(member, user):
    with time_machine.travel(brussels(2026, 3, 2, 7), tick=False):
        told(user, CallFactory(title="Bewaard"))
        told(user, CallFactory(title="Verstuurd"), "change", sent_at=brussels(2026, 3, 2, 7, 1))
        told(user, CallFactory(title="Mislukt"), "reminder", failed_at=brussels(2026, 3, 5, 7))
        told(user, CallFactory(title="Wacht"), "next", attempts=2)
        told(UserFactory(), CallFactory(title="Van een ander"))
    page = text(member.get(PAGE))
    assert page[page.index("Laatste berichten") :].startswith(
        "Laatste berichten Hoogstens de laatste twintig berichten die we u gaven."
        " Volgende oproep Wacht Geschreven op maandag 2 maart 2026 om 07.00 uur , wacht op verzending"
        " Herinnering Mislukt Niet afgeleverd; opgegeven op donderdag 5 maart 2026 om 07.00 uur"
        " Wijziging Verstuurd Verstuurd op maandag 2 maart 2026 om 07.01 uur"
        " Nieuwe oproep Bewaard Geschreven op maandag 2 maart 2026 om 07.00 uur ;"
        " wat er van de mail kwam, wordt niet meer bewaard Dat lukte niet"
    )


def test_a_call_that_is_gone_from_the_site_has_no_link(member, user):
    now = timezone.now()
    told(user, CallFactory(title="Weg", withdrawn_at=now - timedelta(hours=1)))
    told(user, CallFactory(title="Concept", published_at=None))
    told(user, CallFactory(title="Er"))
    found = member.get(PAGE).content.decode()
    assert [(f">{title}</a>" in found, f">{title}</span>" in found) for title in ("Weg", "Concept", "Er")] == [
        (False, True),
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize("rows", [1, 25])
def test_queries_and_at_most_twenty_notices(member, user, rows, django_assert_num_queries):
    for _ in range(rows):
        told(user, CallFactory(), sent_at=timezone.now())
    with django_assert_num_queries(3):
        response = member.get(PAGE)
    assert response.content.decode().count("Verstuurd op") == min(rows, 20)
    with django_assert_num_queries(4):
        member.post(PAGE, FORM)


# An address that takes no mail ---------------------------------------------------------------------------------------


@pytest.fixture
def refused(user):
    User.objects.update(bounced_at=brussels(2026, 3, 2, 7), bounce="550 5.1.1 <x>: User unknown & gone")
    return user


@pytest.mark.parametrize("path", ["/mijn/", PAGE])
def test_who_has_an_address_that_refuses_mail_is_told(member, other, refused, path):
    other.force_login(UserFactory())
    assert "weigert onze mails" not in text(other.get(path))
    assert (
        f"Uw adres {refused.email} weigert onze mails sinds 2 maart 2026 . Daarom krijgt u er geen."
        " De mailserver zei: 550 5.1.1 &lt;x&gt;: User unknown &amp; gone"
    ) in text(member.get(path))


def test_the_address_can_be_tried_again(member, refused, user):
    other = UserFactory(bounced_at=timezone.now(), bounce="550")
    for _twice in range(2):
        response = member.post(RETRY, {"next": "/mijn/"})
        assert (response.status_code, response["Location"]) == (302, "/mijn/")
    page = member.get("/mijn/")
    assert messages(page)[0] == ("success", f"Vanaf nu sturen we weer mails naar {user.email}.")
    assert "weigert" not in text(page)
    assert list(User.objects.order_by("pk").values_list("bounce", flat=True)) == ["", "550"]
    other.refresh_from_db()
    assert other.bounced_at is not None


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "voorkeuren", ""])
def test_trying_again_leads_nowhere_else(member, refused, elsewhere):
    assert member.post(RETRY, {"next": elsewhere})["Location"] == PAGE


# Who may -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PAGE, PREVIEW, RETRY])
def test_a_visitor_must_log_in_first(client, path):
    for response in (client.get(path), client.post(path, FORM)):
        assert (response.status_code, response["Location"]) == (302, f"/account/login/?next={path}")


def test_the_pages_are_kept_by_nobody_and_take_only_what_they_should(member):
    for page in (PAGE, PREVIEW):
        assert member.get(page)["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert [member.get(RETRY).status_code, member.post(PREVIEW).status_code, member.put(PAGE).status_code] == [405] * 3
