"""How long what is kept, and that the page about privacy says the same."""

import re
from datetime import timedelta
from html import unescape

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from accounts import retention
from accounts.models import Message, Notice, User
from accounts.retention import tidy
from calls.desk.empty_searches import KEPT
from calls.status import DeadlineModel
from tests.factories import CallFactory, EditorFactory, UserFactory

pytestmark = pytest.mark.django_db
NOTHING = dict.fromkeys(
    ["accounts never confirmed", "expired sessions", "sent mails", "failed mails", "notices", "events of accounts"], 0
)
MINUTE = timedelta(minutes=1)


def ago(**period):
    return timezone.now() - timedelta(**period)


def unconfirmed(**fields):
    user = UserFactory(**fields)
    EmailAddress.objects.filter(user=user).update(verified=False)
    return user


def test_on_an_empty_site_there_is_nothing_to_do():
    assert tidy() == NOTHING


# Accounts ------------------------------------------------------------------------------------------------------------


def test_an_account_never_confirmed_goes_after_thirty_days():
    now = timezone.now()
    gone = unconfirmed(date_joined=now - timedelta(days=30) - MINUTE)
    Message.objects.create(recipient=gone.email, subject="Bevestig", content=b"")
    recent = unconfirmed(date_joined=now - timedelta(days=30) + MINUTE)
    old = now - timedelta(days=400)
    stay = [recent, UserFactory(date_joined=old)]
    for fields in ({"is_staff": True}, {"is_superuser": True}):
        stay.append(unconfirmed(date_joined=old, **fields))
    without_address = UserFactory(date_joined=old)
    EmailAddress.objects.filter(user=without_address).delete()
    assert tidy(now) == NOTHING | {"accounts never confirmed": 2}
    assert list(User.objects.order_by("pk")) == stay
    assert Message.objects.count() == 0
    assert tidy(now) == NOTHING


def test_one_confirmed_address_is_enough():
    user = UserFactory(date_joined=ago(days=400))
    EmailAddress.objects.create(user=user, email="nieuw@example.org", verified=False, primary=False)
    assert (tidy(), User.objects.count()) == (NOTHING, 1)


def test_who_confirms_while_this_runs_stays(monkeypatch):
    first, second = unconfirmed(date_joined=ago(days=40)), unconfirmed(date_joined=ago(days=41))
    erase = retention.erase

    def erase_while_the_other_confirms(user):
        EmailAddress.objects.filter(user=second).update(verified=True)
        return erase(user)

    monkeypatch.setattr(retention, "erase", erase_while_the_other_confirms)
    assert tidy()["accounts never confirmed"] == 1
    assert list(User.objects.all()) == [second]
    assert first.pk < second.pk


# Sessions ------------------------------------------------------------------------------------------------------------


def session(user, expires):
    store = SessionStore()
    store["x"] = 1
    store.save()
    Session.objects.filter(session_key=store.session_key).update(expire_date=expires)
    UserSession.objects.create(user=user, ip="192.0.2.1", user_agent="x", session_key=store.session_key)
    return store.session_key


def test_expired_sessions_go_with_what_was_noted_of_them(user):
    now = timezone.now()
    session(user, now - MINUTE)
    kept = session(user, now + MINUTE)
    UserSession.objects.create(user=user, ip="192.0.2.1", user_agent="x", session_key="ended")
    assert tidy(now) == NOTHING | {"expired sessions": 1}
    assert [row.session_key for row in Session.objects.all()] == [kept]
    assert [row.session_key for row in UserSession.objects.all()] == [kept]


# Mails and notices ---------------------------------------------------------------------------------------------------


def message(name, **fields):
    return Message.objects.create(recipient="x@example.org", subject=name, content=b"", **fields)


def test_sent_mails_go_after_thirty_days_failed_ones_after_ninety_and_waiting_ones_never(user):
    now, month, quarter = timezone.now(), timedelta(days=30), timedelta(days=90)
    sent = message("sent", sent_at=now - month - MINUTE)
    notice = Notice.objects.create(user=user, call=CallFactory(), kind="new", message=sent)
    message("failed", failed_at=now - quarter - MINUTE)
    message("sent lately", sent_at=now - month + MINUTE)
    message("failed lately", failed_at=now - quarter + MINUTE)
    waiting = message("waiting")
    Message.objects.filter(pk=waiting.pk).update(created_at=now - timedelta(days=400))
    assert tidy(now) == NOTHING | {"sent mails": 1, "failed mails": 1}
    assert sorted(Message.objects.values_list("subject", flat=True)) == ["failed lately", "sent lately", "waiting"]
    notice.refresh_from_db()
    assert notice.message is None


def test_notices_go_after_two_years(user):
    now = timezone.now()
    for about, age in [("old", timedelta(days=730) + MINUTE), ("recent", timedelta(days=730) - MINUTE)]:
        notice = Notice.objects.create(user=user, call=CallFactory(deadline=ago(days=1)), kind="new", about=about)
        Notice.objects.filter(pk=notice.pk).update(created_at=now - age)
    assert tidy(now) == NOTHING | {"notices": 1}
    assert [notice.about for notice in Notice.objects.all()] == ["recent"]


def test_a_next_edition_that_still_runs_is_not_forgotten_so_that_nobody_hears_of_it_twice(user):
    rolling = CallFactory(deadline=None, deadline_model=DeadlineModel.ROLLING)
    closed = CallFactory(deadline=ago(days=1))
    for call in (rolling, closed):
        Notice.objects.create(user=user, call=call, kind="next")
    Notice.objects.update(created_at=ago(days=800))
    assert tidy() == NOTHING | {"notices": 1}
    assert [notice.call for notice in Notice.objects.all()] == [rolling]


def test_thousands_go_in_pieces(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    Message.objects.bulk_create(
        Message(recipient="x@example.org", subject="x", content=b"", sent_at=ago(days=31)) for _ in range(10)
    )
    assert (tidy()["sent mails"], Message.objects.count()) == (10, 0)


# The command and the page --------------------------------------------------------------------------------------------


def test_the_command_says_what_went(capsys):
    unconfirmed(date_joined=ago(days=31))
    message("sent", sent_at=ago(days=31))
    call_command("tidy")
    assert capsys.readouterr().out.splitlines() == [
        "accounts never confirmed: 1",
        "expired sessions: 0",
        "sent mails: 1",
        "failed mails: 0",
        "notices: 0",
        "events of accounts: 0",
        "searches without a result: 0",
    ]


def test_the_page_about_privacy_says_the_same(client, settings):
    html = unescape(client.get("/privacy/").content.decode())
    table = html[html.index('id="bewaren"') : html.index("<h2>Cookies")]
    assert dict(re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td></tr>", table)) == {
        "wat u volgt zonder account": "twee weken",
        "een account, met wat het volgt en verkiest": "tot u het verwijdert",
        "een account waarvan het e-mailadres nooit bevestigd werd": f"{retention.UNCONFIRMED.days} dagen",
        "waar u bent ingelogd: adres (IP), browser, tijdstip": "tot u uitlogt, hoogstens twee weken",
        "de tekst van een mail aan u": "tot hij verstuurd is",
        "dat een mail verstuurd werd: aan wie, wanneer en met welk onderwerp": f"{retention.SENT.days} dagen",
        "een mail die niet afgeleverd kon worden, en waarom": f"{retention.FAILED.days} dagen",
        "over welke oproepen, wijzigingen en deadlines we u bericht gaven": f"{retention.TOLD.days // 365} jaar",
        "wanneer iemand in- of uitlogde of dat mislukte, en wijzigingen van wachtwoord, adres, tweede stap en "
        "rechten": f"{retention.AUDITED.days // 365} jaar; zonder van wie zodra het account verwijderd is",
        "woorden die vergeefs gezocht zijn, van niemand in het bijzonder": f"{KEPT.days} dagen",
        "wat collega's op de redactie wijzigden": "zolang hun account bestaat",
        "versies van oproepen, met wie ze maakte": "zolang het portaal bestaat; zonder de naam zodra de account "
        "verwijderd is",
    }
    assert timedelta(seconds=settings.SESSION_COOKIE_AGE) == timedelta(weeks=2)


def test_what_the_desk_shows_of_a_user_is_to_be_read_only(client, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(EditorFactory(is_superuser=True))
    user = UserFactory(bounced_at=timezone.now(), bounce="550 User unknown")
    page = client.get(f"/beheer/accounts/user/{user.pk}/change/").content.decode()
    assert "550 User unknown" in page
    fields = ["digest", "tells_changes", "remind_of", "reminder_days", "tells_next_editions", "bounced_at", "bounce"]
    assert [(name, f"field-{name}" in page, f'name="{name}"' in page) for name in fields] == [
        (name, True, False) for name in fields
    ]
