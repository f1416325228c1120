"""The mails to followers: what they say, in text and in HTML, and the ways out that they offer."""

import re
from email import message_from_bytes, policy

import pytest
import time_machine
from django.core.cache import cache

from accounts.models import CallChoice, Message, User
from accounts.notices import send_notices
from calls.models import Cutoff
from calls.status import DeadlineModel
from tests.factories import CallFactory, FundFactory, brussels
from tests.notices import MONDAY, SUNDAY, changed, choose, following, new_call

pytestmark = pytest.mark.django_db
SITE = "https://oproepen.example.org"


@pytest.fixture(autouse=True)
def clock(settings):
    cache.clear()
    settings.SITE_URL = SITE
    with time_machine.travel(SUNDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def follower(migration):
    return following(migration, email="lezer@example.org", digest=User.Digest.DAILY, reminder_days=[7])


def written():
    """The last mail, as it goes over the wire."""
    return message_from_bytes(bytes(Message.objects.latest("pk").content), policy=policy.default)


def text(mail):
    lines = mail.get_body(preferencelist=("plain",)).get_content().splitlines()
    return re.sub(r"/afmelden/\S+", "/afmelden/…", "\n".join(lines)).strip()


def html(mail):
    return mail.get_body(preferencelist=("html",)).get_content()


def footer(mail="de mail met nieuwe oproepen"):
    return f"""--
VLEVA – EU-subsidieoproepen
{SITE}

Kies welke mails u krijgt: {SITE}/mijn/voorkeuren/
Stop {mail}: {SITE}/afmelden/…"""


def test_a_digest(clock, follower, migration):
    fund = FundFactory(name="Fonds voor asiel", abbreviation="AMIF", period="2021-2027")
    call = new_call(migration, title="Opvang & onthaal", fund=fund, code="AMIF-2027-01", deadline_model="two_stage")
    Cutoff.objects.create(call=call, label="fase 1", at=brussels(2027, 4, 1, 17))
    CallFactory(title="Doorlopend", fund=None, themes=[migration], deadline=None, deadline_model=DeadlineModel.ROLLING)
    clock.move_to(MONDAY)
    send_notices()
    mail = written()
    assert (mail["To"], mail["From"], mail["Subject"]) == (
        "lezer@example.org",
        "VLEVA <vleva@localhost>",
        "2 nieuwe oproepen voor u",
    )
    assert (
        text(mail)
        == f"""Er zijn 2 nieuwe oproepen in wat u volgt.

Opvang & onthaal
AMIF 2021-2027 · AMIF-2027-01
Volgende deadline: donderdag 1 april 2027 om 17.00 uur (Belgische tijd)
{SITE}/oproepen/opvang-onthaal/
Waarom u dit krijgt: thema Migratie

Doorlopend
Deadline: geen: indienen kan altijd
{SITE}/oproepen/doorlopend/
Waarom u dit krijgt: thema Migratie

{footer()}"""
    )


def test_reminders(clock, follower, migration):
    new_call(migration, title="Bijna", fund=None, deadline=brussels(2027, 3, 15, 17))
    clock.move_to(brussels(2027, 3, 8, 6))
    send_notices()
    clock.move_to(MONDAY)
    send_notices()
    mail = next(mail for mail in mails() if mail["Subject"] == "Nog 7 dagen: Bijna")
    assert (
        text(mail)
        == f"""Deze deadline komt dichterbij:

Nog 7 dagen
Bijna
Deadline: maandag 15 maart 2027 om 17.00 uur (Belgische tijd)
{SITE}/oproepen/bijna/
Waarom u dit krijgt: thema Migratie

{footer("de herinneringen aan deadlines die dichterbij komen")}"""
    )


def mails():
    rows = Message.objects.order_by("pk")
    return [message_from_bytes(bytes(row.content), policy=policy.default) for row in rows]


def test_changes(clock, follower, migration):
    call = new_call(migration, title="Verlengd", fund=None)
    changed(call, deadline=[["1 mei 2027"], ["1 juni 2027"]], documents=[[], ["Leidraad", "Formulier"]])
    clock.move_to(SUNDAY.replace(hour=13))
    send_notices()
    assert (
        text(written())
        == f"""Dit is gewijzigd in wat u volgt:

Verlengd
Deadline: dinsdag 1 juni 2027 om 17.00 uur (Belgische tijd)
{SITE}/oproepen/verlengd/
Waarom u dit krijgt: thema Migratie

Deadline
  was: 1 mei 2027
  is nu: 1 juni 2027
Bijlagen
  nieuw: Leidraad; Formulier

{footer("de mail over wijzigingen in oproepen die u volgt")}"""
    )


def test_a_withdrawal_that_was_undone(clock, follower, migration):
    call = new_call(migration, title="Toch niet", fund=None)
    changed(call, deadline=[["1 mei 2027"], ["1 juni 2027"]], withdrawn=[["6 maart 2027"], []])
    clock.move_to(SUNDAY.replace(hour=13))
    send_notices()
    lines = text(written()).splitlines()
    told = lines[lines.index("Waarom u dit krijgt: thema Migratie") + 2 : lines.index("--") - 1]
    assert told == [
        "De intrekking is ongedaan gemaakt: deze oproep loopt weer.",
        "Deadline",
        "  was: 1 mei 2027",
        "  is nu: 1 juni 2027",
    ]
    assert "deze oproep loopt weer" in html(written())
    assert written()["Subject"] == "Gewijzigd (deadline, intrekking): Toch niet"


def test_the_next_edition(clock, follower):
    old = CallFactory(title="Editie 2026", family="amif", deadline=brussels(2026, 3, 1))
    choose(follower, old, CallChoice.Kind.NEXT_EDITION)
    new_call(title="Editie 2027", family="amif", fund=None)
    send_notices()
    assert (
        text(written())
        == f"""De volgende oproep waarover u bericht vroeg, is er:

Editie 2027
Deadline: dinsdag 1 juni 2027 om 17.00 uur (Belgische tijd)
{SITE}/oproepen/editie-2027/
Waarom u dit krijgt: u vroeg bericht over wat volgt op “Editie 2026”

{footer("de mail over de volgende oproep")}"""
    )


def test_every_kind_can_be_stopped_with_one_click(clock, follower, migration):
    old = CallFactory(title="Oud", family="amif", deadline=brussels(2026, 3, 1))
    choose(follower, old, CallChoice.Kind.NEXT_EDITION)
    new_call(title="Volgende", family="amif")
    changed(new_call(migration, title="Bijna", deadline=brussels(2027, 3, 15, 17)))
    clock.move_to(MONDAY)
    send_notices()
    kinds = []
    for mail in mails():
        (address,) = re.findall(rf"<{SITE}(/afmelden/\d+-(\w+)\.[-\w]+/)>", mail["List-Unsubscribe"])
        kinds.append(address[1])
        assert (mail["List-Unsubscribe-Post"], mail["Auto-Submitted"]) == (
            "List-Unsubscribe=One-Click",
            "auto-generated",
        )
        assert address[0] in html(mail)
    assert kinds == ["next", "change", "reminder", "new"]
    assert len({mail["Message-ID"] for mail in mails()}) == 4


def test_every_link_is_whole_and_a_hostile_title_harms_nobody(clock, follower, migration):
    title = '<script>alert("x")</script>\r\nBcc: iedereen@example.org'
    call = new_call(migration, title=title, code="<b>x</b>")
    changed(call, deadline=[["<i>1 mei</i>"], ["1 juni"]])
    clock.move_to(MONDAY)
    send_notices()
    for mail in mails():
        assert "<script>" not in html(mail)
        assert "<i>" not in html(mail)
        assert set(re.findall(r'(?:href|src)="([^"]*)"', html(mail))) == {
            address for address in re.findall(r'"(https?://[^"]*)"', html(mail)) if address.startswith(SITE)
        }
        assert '<script>alert("x")</script>' in text(mail)
        assert (mail["Bcc"], mail["To"]) == (None, "lezer@example.org")
        assert mail["Subject"].endswith('<script>alert("x")</script> Bcc: iedereen@example.org')


def test_a_digest_names_every_call_however_many(clock, follower, migration):
    for number in range(60):
        new_call(migration, title=f"Oproep {number}", fund=None)
    clock.move_to(MONDAY)
    send_notices()
    mail = written()
    assert len(set(re.findall(r"/oproepen/oproep-(\d+)/", text(mail)))) == 60
    assert len(set(re.findall(r"/oproepen/oproep-(\d+)/", html(mail)))) == 60
