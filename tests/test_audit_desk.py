"""The audit log at the editors' desk: what colleagues do to accounts, and who reads it."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.retention import AUDITED, tidy
from tests.audit import rows
from tests.desk import Desk
from tests.factories import EditorFactory, UserFactory, brussels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("roles")]
PAGE, USERS = "/beheer/accounts/auditevent/", "/beheer/accounts/user/"


@pytest.fixture
def chief(settings):
    settings.STAFF_SECOND_FACTOR = False
    return EditorFactory(email="chef@example.org", is_superuser=True)


@pytest.fixture
def at_desk(chief, django_capture_on_commit_callbacks):
    """Does something at the desk of a superuser, to the end."""
    desk = Desk(chief)

    def do(act, *arguments, **named):
        with django_capture_on_commit_callbacks(execute=True):
            return act(desk, *arguments, **named)

    return do


def post(desk, path, data):
    return desk.client.post(path, data)


# What colleagues do --------------------------------------------------------------------------------------------------


def test_rights_that_are_given_and_taken(at_desk, chief, user):
    page = f"{USERS}{user.pk}/change/"
    readers, editors = (Group.objects.get(name=f"VLEVA-{name}") for name in ("lezers", "redactie"))
    user.groups.add(readers)
    assert at_desk(Desk.send, page, is_staff="on", groups=[editors.pk]) == []
    assert at_desk(Desk.send, page, first_name="An") == []
    form = Desk(chief).form(page)
    del form["is_staff"], form["is_active"]
    at_desk(post, page, form)
    assert rows() == [
        ("rights", user, chief, "+ stafstatus, − VLEVA-lezers, + VLEVA-redactie"),
        ("rights", user, chief, "− actief, − stafstatus"),
    ]


def test_an_account_that_a_colleague_makes_has_no_rights_yet(at_desk):
    data = {"email": "nieuw@example.org", "usable_password": "true"}
    data |= {"password1": "een-lang-wachtwoord", "password2": "een-lang-wachtwoord"}
    assert at_desk(post, f"{USERS}add/", data).status_code == 302
    assert (User.objects.filter(email="nieuw@example.org").count(), rows()) == (1, [])


def test_a_password_that_a_colleague_sets(at_desk, chief, user):
    data = {"usable_password": "true", "password1": "een-ander-wachtwoord", "password2": "iets-anders"}
    at_desk(post, f"{USERS}{user.pk}/password/", data)
    assert rows() == []
    at_desk(post, f"{USERS}{user.pk}/password/", data | {"password2": "een-ander-wachtwoord"})
    assert rows() == [("password", user, chief, "")]


def test_a_second_factor_that_a_colleague_removes(at_desk, chief, user):
    Authenticator.objects.create(user=user, type="totp", data={})
    at_desk(post, USERS, {"action": "remove_second_factor", "_selected_action": [user.pk]})
    assert rows() == [("factor removed", user, chief, "")]


def test_what_a_role_may_do(at_desk, chief):
    group = Group.objects.get(name="VLEVA-lezers")
    before = set(group.permissions.all())
    added = Permission.objects.get(codename="add_call")
    page = f"/beheer/auth/group/{group.pk}/change/"
    assert at_desk(Desk.send, page, permissions=[added.pk, *(one.pk for one in before)]) == []
    assert at_desk(Desk.send, page, name="VLEVA-kijkers") == []
    at_desk(post, f"/beheer/auth/group/{group.pk}/delete/", {"post": "yes"})
    assert rows() == [
        ("rights", None, chief, "VLEVA-lezers: + add_call"),
        ("rights", None, chief, "− VLEVA-kijkers"),
    ]


def test_addresses_of_accounts(at_desk, chief, user):
    addresses = "/beheer/account/emailaddress/"
    data = {"user": user.pk, "email": "tweede@example.org"}
    assert at_desk(post, f"{addresses}add/", data).status_code == 302
    second = EmailAddress.objects.get(email="tweede@example.org")
    at_desk(post, addresses, {"action": "make_verified", "_selected_action": [second.pk]})
    assert at_desk(Desk.send, f"{addresses}{second.pk}/change/", email="derde@example.org") == []
    selected = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
    at_desk(post, addresses, selected)
    assert rows() == [("email", user, chief, "")] * 4
    assert not EmailAddress.objects.filter(pk=second.pk).exists()


def test_accounts_that_a_colleague_deletes_leave_no_trace_of_whose_they_were(at_desk, chief, user):
    AuditEvent.objects.create(kind="login", user=user)
    others = [UserFactory() for _ in range(2)]
    at_desk(post, f"{USERS}{user.pk}/delete/", {"post": "yes"})
    selected = {"action": "delete_selected", "_selected_action": [one.pk for one in others], "post": "yes"}
    at_desk(post, USERS, selected)
    assert list(User.objects.all()) == [chief]
    assert rows() == [("login", None, None, "")] + [("deleted", None, chief, "")] * 3


def test_a_colleague_who_deletes_their_own_account(at_desk, chief):
    EditorFactory(is_superuser=True)
    at_desk(post, f"{USERS}{chief.pk}/delete/", {"post": "yes"})
    assert rows() == [("deleted", None, None, "")]


# How long ------------------------------------------------------------------------------------------------------------


def test_events_go_after_a_year(user, django_capture_on_commit_callbacks):
    now = timezone.now()
    for age in (AUDITED + timedelta(minutes=1), AUDITED - timedelta(minutes=1)):
        AuditEvent.objects.create(kind="login", user=user, at=now - age)
    gone = UserFactory(date_joined=now - timedelta(days=40))
    gone.emailaddress_set.update(verified=False)
    with django_capture_on_commit_callbacks(execute=True):
        assert tidy(now)["events of accounts"] == 1
    assert rows() == [("login", user, None, ""), ("deleted", None, None, "adres nooit bevestigd")]


# The page ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def lines(chief):
    user = UserFactory(email="an@example.org", first_name="An", last_name="Peeters")
    first, second = brussels(2026, 11, 1, 9), brussels(2026, 11, 2, 10, 30)
    AuditEvent.objects.create(at=first, kind="login", user=user, detail="wachtwoord")
    AuditEvent.objects.create(at=first, kind="wrong password")
    AuditEvent.objects.create(at=second, kind="rights", user=user, by=chief, detail="+ stafstatus")


def test_the_page_tells_what_happened_the_newest_first(chief, lines):
    table = Desk(chief).table(PAGE)
    assert table == [
        ["Wat", "Account", "Door"],
        ["rechten gewijzigd: + stafstatus", "an@example.org", "chef@example.org"],
        ["verkeerd e-mailadres of wachtwoord", "onbekend of verwijderd", "-"],
        ["ingelogd: wachtwoord", "an@example.org", "-"],
    ]
    assert "2 november 2026 10:30" in Desk(chief).read(PAGE)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?q=an@example.org", 2),
        ("?q=peeters", 2),
        ("?q=chef@", 1),
        ("?q=stafstatus", 1),
        ("?q=niets", 0),
        ("?kind__exact=wrong+password", 1),
        ("?at__day=1&at__month=11&at__year=2026", 2),
    ],
)
def test_the_page_is_searched_and_filtered(chief, lines, query, number):
    assert len(Desk(chief).table(PAGE + query)) == number + 1


@pytest.mark.parametrize("number", [1, 30])
def test_the_page_takes_as_many_queries_whatever_its_length(chief, number, django_assert_num_queries):
    desk = Desk(chief)
    for _ in range(number):
        AuditEvent.objects.create(kind="rights", user=UserFactory(), by=EditorFactory())
    desk.client.get(PAGE)
    with django_assert_num_queries(7):
        desk.client.get(PAGE)


def test_only_who_may_see_it_reads_it_and_nobody_changes_it(chief, editor, lines):
    desk, pk = Desk(editor), AuditEvent.objects.first().pk
    assert desk.client.get(PAGE).status_code == 403
    assert PAGE not in desk.client.get("/beheer/").text
    assert PAGE not in desk.client.get("/beheer/admin/logentry/").text
    editor.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    assert len(desk.table(PAGE)) == 4
    for client in (desk.client, Desk(chief).client):
        for page in (f"{PAGE}add/", f"{PAGE}{pk}/delete/"):
            assert [client.get(page).status_code, client.post(page, {"post": "yes"}).status_code] == [403, 403]
        assert client.post(f"{PAGE}{pk}/change/", {"detail": "x"}).status_code == 403
        client.post(PAGE, {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    assert (AuditEvent.objects.count(), AuditEvent.objects.filter(detail="x").count()) == (3, 0)


def test_the_two_logs_lead_to_each_other(chief):
    client = Desk(chief).client
    assert 'href="/beheer/admin/logentry/">Wie deed wat</a>' in client.get(PAGE).text
    assert f'href="{PAGE}">Logins en wijzigingen van accounts</a>' in client.get("/beheer/admin/logentry/").text
