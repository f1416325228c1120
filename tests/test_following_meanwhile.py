"""Following themes while something else happens: a theme is deleted, a session is odd, two clicks come at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier, Event

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.following import KEY, follow
from accounts.models import Follow, User
from funds.models import Theme
from tests.factories import ThemeFactory

pytestmark = pytest.mark.django_db
real_transactions = pytest.mark.django_db(transaction=True)
PATIENCE = 20  # seconds, for what should take milliseconds


@pytest.fixture
def theme():
    return ThemeFactory(name="Migratie")


@pytest.fixture
def sport():
    return ThemeFactory(name="Sport")


def messages(client):
    html = client.get("/themas/").content.decode()
    return [unescape(message) for message in re.findall(r'<li class="message \w+">(.*?)</li>', html)]


def followed(user):
    return sorted(user.themes.values_list("name", flat=True))


# A theme that was deleted meanwhile ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["yes", "no", "?"])
@pytest.mark.parametrize("who", ["client", "member"])
def test_following_a_theme_that_is_gone_says_so(request, theme, who, wanted):
    somebody = request.getfixturevalue(who)
    Theme.objects.all().delete()
    response = somebody.choose(theme, wanted, next="/themas/migratie/")
    assert (response.status_code, response["Location"]) == (302, "/themas/")
    assert messages(somebody) == ["Dit thema bestaat niet meer."]
    assert somebody.get("/themas/migratie/volgen/").status_code == 404


def test_a_choice_outlives_the_deletion_of_one_of_its_themes(client, user, theme, sport):
    client.choose(theme)
    client.choose(sport)
    theme.delete()
    assert ("Uw thema's ✓ Sport" in client.read("/"), "Migratie" in client.read("/")) == (True, False)
    assert client.log_in(user)["Location"] == "/mijn/"
    assert (followed(user), KEY in client.session) == (["Sport"], False)


def test_a_choice_of_nothing_but_deleted_themes_is_no_choice(client, theme, sport):
    client.choose(theme)
    theme.delete()
    assert "U heeft thema's geselecteerd" not in client.read("/")
    client.choose(sport)
    client.choose(sport, "no")
    client.sign_up("nieuw@example.org")
    assert client.confirm()["Location"] == "/mijn/"
    assert followed(User.objects.get()) == []


def test_a_deleted_theme_leaves_its_followers(user, theme, sport):
    follow(user, [theme.pk, sport.pk])
    Theme.objects.filter(pk=theme.pk).delete()
    assert (followed(user), Follow.objects.count()) == (["Sport"], 1)


# A session from before -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stored", [["1", "2"], [None], [[1]], [{}], [1.5], [-1], [0], {"1": 2}, {}, [], None, "1", "migratie", 1, 0, True]
)
def test_a_session_with_something_odd_counts_as_no_choice(client, user, theme, stored):
    session = client.session
    session[KEY] = stored
    session.save()
    assert client.get("/").status_code == 200
    assert "U heeft thema's geselecteerd" not in client.read("/themas/migratie/")
    client.choose(theme, "no")
    client.choose(theme)
    assert client.session[KEY][-1:] == [theme.pk]
    assert client.log_in(user)["Location"] == "/mijn/"
    assert followed(user) == ["Migratie"]


def test_an_odd_session_does_not_hinder_log_in(client, user):
    session = client.session
    session[KEY] = {"themes": ["1"]}
    session.save()
    assert client.log_in(user)["Location"] == "/mijn/"
    assert (followed(user), KEY in client.session) == ([], False)


@pytest.mark.parametrize("key", ["x", "a" * 32, "'; DROP TABLE", "\u00e9" * 32, "a\0" * 16])
def test_a_session_key_that_is_not_ours_is_never_taken_over(client, theme, key):
    client.cookies["sessionid"] = key
    assert client.get("/").status_code == 200
    client.choose(theme)
    assert (client.session[KEY], client.cookies["sessionid"].value != key) == ([theme.pk], True)
    assert list(Session.objects.values_list("session_key", flat=True)) == [client.cookies["sessionid"].value]


def test_a_choice_ends_after_two_weeks_and_can_begin_again(client, theme, sport):
    client.choose(theme)
    with time_machine.travel(timezone.now() + timedelta(days=14, seconds=1)):
        assert "U heeft thema's geselecteerd" not in client.read("/")
        client.choose(sport)
        assert "Uw thema's ✓ Sport" in client.read("/")


# Two clicks at once: real threads on the real database ---------------------------------------------------------------


def at_once(*actions):
    """Starts each in a thread of its own, all at the same moment, and gives what they return."""
    start = Barrier(len(actions), timeout=PATIENCE)

    def run(action):
        try:
            start.wait()
            return action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        running = [pool.submit(run, action) for action in actions]
        return [one.result(PATIENCE) for one in running]


@real_transactions
def test_a_user_who_clicks_twice_follows_once(user, client, other, theme):
    client.force_login(user)
    other.force_login(user)
    for _ in range(5):
        responses = at_once(lambda: client.choose(theme), lambda: other.choose(theme))
        assert [response.status_code for response in responses] == [302, 302]
        assert followed(user) == ["Migratie"]
        client.choose(theme, "no")


@real_transactions
def test_a_visitor_who_follows_two_themes_at_once_keeps_both(client, other, theme, sport):
    first = ThemeFactory(name="Transport")
    client.choose(first)
    other.cookies["sessionid"] = client.cookies["sessionid"].value
    for _ in range(5):
        responses = at_once(lambda: client.choose(theme), lambda: other.choose(sport))
        assert [response.status_code for response in responses] == [302, 302]
        assert sorted(client.session[KEY]) == sorted([first.pk, theme.pk, sport.pk])
        at_once(lambda: client.choose(theme, "no"), lambda: other.choose(sport, "no"))
        assert (client.session[KEY], Session.objects.count()) == ([first.pk], 1)


@real_transactions
def test_the_first_two_clicks_of_a_visitor_at_once_are_both_kept(client, other, theme, sport):
    client.get("/themas/migratie/volgen/")
    other.cookies["csrftoken"] = client.cookies["csrftoken"].value
    for _ in range(10):
        at_once(lambda: client.choose(theme), lambda: other.choose(sport))
        assert client.cookies["sessionid"].value == other.cookies["sessionid"].value
        assert (sorted(client.session[KEY]), Session.objects.count()) == (sorted([theme.pk, sport.pk]), 1)
        for somebody in (client, other):
            del somebody.cookies["sessionid"]
        Session.objects.all().delete()


@real_transactions
def test_a_visitor_who_follows_and_unfollows_at_once_gets_no_error(client, other, theme, sport):
    for _ in range(5):
        client.choose(theme)
        other.cookies["sessionid"] = client.cookies["sessionid"].value
        responses = at_once(lambda: client.choose(theme, "no"), lambda: other.choose(sport))
        assert [response.status_code for response in responses] == [302, 302]


@real_transactions
def test_two_log_ins_at_once_merge_the_same_choice_once(user, client, other, theme):
    for somebody in (client, other):
        somebody.choose(theme)
    responses = at_once(lambda: client.log_in(user), lambda: other.log_in(user))
    assert ([response["Location"] for response in responses], followed(user)) == (["/mijn/"] * 2, ["Migratie"])


@real_transactions
def test_following_a_theme_while_it_is_deleted_is_no_error(user, client, other, sport):
    client.force_login(user)
    other.choose(sport)
    for number in range(10):
        theme = ThemeFactory(name=f"Thema {number}")
        by_user, by_visitor, _ = at_once(
            lambda theme=theme: client.choose(theme),
            lambda theme=theme: other.choose(theme),
            lambda theme=theme: theme.delete(),
        )
        assert (by_user.status_code, by_visitor.status_code, Follow.objects.count()) == (302, 302, 0)
        assert other.get("/themas/").status_code == 200


def until_it_waits(pool, action):
    """Starts the action in a thread, and comes back when it is about to wait for the transaction of this one."""
    waiting = Event()

    def watch(execute, sql, *rest):
        if re.match(r'BEGIN|DELETE FROM "funds_theme"|SELECT .* FOR UPDATE', sql):
            waiting.set()
        return execute(sql, *rest)

    def run():
        try:
            with connection.execute_wrapper(watch):
                return action()
        finally:
            connections.close_all()

    running = pool.submit(run)
    assert waiting.wait(PATIENCE)
    return running


@real_transactions
def test_deleting_a_theme_waits_for_the_follower_who_came_first(user, theme):
    """What the loop above meets only by chance: without a lock PostgreSQL refuses the deletion."""
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            follow(user, [theme.pk])
            deletion = until_it_waits(pool, theme.delete)
        deletion.result(PATIENCE)
    assert (Theme.objects.count(), Follow.objects.count()) == (0, 0)


@real_transactions
def test_a_choice_survives_the_end_of_its_session_in_the_other_click(client, theme, sport):
    client.choose(theme)
    key = client.session.session_key
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            Session.objects.get(session_key=key).delete()
            click = until_it_waits(pool, lambda: client.choose(sport))
        response = click.result(PATIENCE)
    assert (response.status_code, "sessionid" in response.cookies, client.session[KEY]) == (302, True, [sport.pk])
