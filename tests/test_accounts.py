"""Signing up and logging in: confirmed by code, telling nobody who has an account, and not too often."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.outbox import ServerTrouble, send_waiting
from tests.browser import free_port
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock_stands_still")]
NEW = "nieuw@example.org"
CONFIRM = "/account/confirm-email/"


def later(seconds):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


def without_token(response, email):
    html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return html.replace(email, "ADRES")


def mails():
    return [(message.to, message.subject) for message in mail.outbox]


def addresses(user):
    return list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


# Signing up ----------------------------------------------------------------------------------------------------------


def test_signing_up_is_confirmed_by_a_mailed_code(client):
    response = client.sign_up("Nieuw@Example.org")
    assert (response.status_code, response["Location"]) == (302, CONFIRM)
    user = User.objects.get()
    assert (user.email, addresses(user)) == (NEW, [(NEW, False, True)])
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([NEW], "Bevestig uw e-mailadres")
    code = re.search(r"\n\n([A-Z0-9]{4}-[A-Z0-9]{4})\n\n", message.body)[1]
    assert message.body.replace(code, "CODE").splitlines() == [
        "Dag,", "", "U krijgt deze e-mail omdat dit e-mailadres is opgegeven "
        "voor het account van nieuw@example.org op testserver.", "",
        "Hieronder vindt u uw bevestigingscode. Vul ze in op de pagina die nog openstaat in uw browser.", "",
        "CODE", "", "VLEVA – EU-subsidieoproepen", "testserver",
    ]  # fmt: skip
    assert client.confirm()["Location"] == "/mijn/"
    assert (addresses(user), client.get("/mijn/").status_code) == ([(NEW, True, True)], 200)


def test_a_wrong_code_is_refused_and_the_third_ends_the_attempt(client):
    client.sign_up(NEW)
    for _ in range(2):
        response = client.post(CONFIRM, {"code": "AAAA-AAAA"})
        assert (response.status_code, "Deze code is niet juist." in response.content.decode()) == (200, True)
    assert client.post(CONFIRM, {"code": "AAAA-AAAA"})["Location"] == "/account/login/"
    assert client.confirm()["Location"] == "/account/login/"
    assert addresses(User.objects.get()) == [(NEW, False, True)]


def test_a_new_code_can_be_asked_after_ten_seconds_and_replaces_the_old(client):
    client.sign_up(NEW)
    assert client.post(CONFIRM, {"action": "resend"}).status_code == 429
    with later(11):
        assert client.post(CONFIRM, {"action": "resend"})["Location"] == CONFIRM
        mail.outbox.reverse()
        assert "Deze code is niet juist." in client.confirm().content.decode()
        mail.outbox.reverse()
        assert client.confirm()["Location"] == "/mijn/"
    assert mails() == [([NEW], "Bevestig uw e-mailadres")] * 2


def test_signing_up_with_a_known_address_looks_the_same_and_tells_only_its_owner(client, other, user):
    response, known = client.sign_up(NEW), other.sign_up(user.email.upper())
    assert (known.status_code, known["Location"]) == (response.status_code, response["Location"])
    for data in ({}, {"code": "AAAA-AAAA"}, {"action": "change", "email": "x@example.org"}):
        unknown = without_token(client.post(CONFIRM, data), NEW)
        assert without_token(other.post(CONFIRM, data), user.email) == unknown
    assert mails() == [([NEW], "Bevestig uw e-mailadres"), ([user.email], "U hebt al een account")]
    assert sorted(User.objects.values_list("email", flat=True)) == sorted([NEW, user.email])


def test_an_unconfirmed_address_must_be_confirmed_at_log_in(client, other):
    client.sign_up(NEW)
    with later(11):
        assert other.log_in(User.objects.get())["Location"] == CONFIRM
        assert other.get("/mijn/").status_code == 302
        assert other.confirm()["Location"] == "/mijn/"


# Logging in ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["jan.peeters@example.org", "Jan.Peeters@Example.org", "JAN.PEETERS@EXAMPLE.ORG"])
def test_log_in_whatever_the_case(client, written):
    UserFactory(email="jan.peeters@example.org")
    response = client.post("/account/login/", {"login": written, "password": client.PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/mijn/")


def test_a_wrong_password_and_an_unknown_address_look_the_same(client, user):
    pages = [
        without_token(client.post("/account/login/", {"login": email, "password": "fout"}), email)
        for email in (user.email, "niemand@example.org")
    ]
    assert pages[0] == pages[1]
    assert "Het e-mailadres of het wachtwoord is niet juist." in pages[0]


def test_log_in_by_code_tells_nobody_who_has_an_account(client, other, user):
    pages = [
        without_token(browser.post("/account/login/code/", {"email": email}, follow=True), email)
        for browser, email in ((client, user.email), (other, "niemand@example.org"))
    ]
    assert pages[0] == pages[1]
    assert mails() == [([user.email], "Uw inlogcode")]
    assert client.confirm("/account/login/code/confirm/")["Location"] == "/mijn/"


def test_a_forgotten_password_is_reset_by_mail_and_tells_nobody_who_has_an_account(client, other, user):
    pages = [
        browser.post("/account/password/reset/", {"email": email}, follow=True)
        for browser, email in ((client, user.email.upper()), (other, "niemand@example.org"))
    ]
    assert [page.redirect_chain for page in pages] == [[("/account/password/reset/done/", 302)]] * 2
    assert without_token(pages[0], "") == without_token(pages[1], "")
    assert mails() == [([user.email], "Stel een nieuw wachtwoord in")]
    form = client.get(re.search(r"http://testserver(/\S+)", mail.outbox[0].body)[1])["Location"]
    assert client.post(form, {"password1": "nog-een-lang-woord", "password2": "nog-een-lang-woord"}).status_code == 302
    assert other.log_in(user).status_code == 200
    other.PASSWORD = "nog-een-lang-woord"
    assert other.log_in(user)["Location"] == "/mijn/"
    assert "Ongeldige link" in client.get(form, follow=True).content.decode()


def test_logging_out_takes_a_post(member):
    assert "Weet u zeker dat u wilt uitloggen?" in member.read("/account/logout/")
    assert member.get("/mijn/").status_code == 200
    assert member.post("/account/logout/")["Location"] == "/"
    assert member.get("/mijn/").status_code == 302


# Not too often -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "data", "allowed"),
    [
        ("login/", {"login": "{}@example.org", "password": "x"}, 30),
        ("password/reset/", {"email": "{}@example.org"}, 20),
        ("password/reset/", {"email": "een@example.org"}, 5),
        ("signup/", {"email": "{}@example.org", "password1": "x", "password2": "x"}, 20),
    ],
)
def test_too_many_attempts_in_a_minute_are_refused_in_dutch(client, path, data, allowed):
    def attempt(n):
        return client.post(f"/account/{path}", {name: value.format(n) for name, value in data.items()})

    assert {attempt(n).status_code for n in range(allowed)} <= {200, 302}
    refused = attempt("te-veel")
    assert (refused.status_code, refused.templates[0].name) == (429, "429.html")
    assert "U probeerde dit te vaak op korte tijd." in refused.content.decode()
    assert client.get(f"/account/{path}").status_code == 200
    with connection.cursor() as cursor:  # where all workers see it
        assert cursor.execute("SELECT count(*) FROM cache").fetchone() > (0,)
    with later(61):
        assert attempt("opnieuw").status_code in (200, 302)


def test_five_wrong_passwords_lock_the_address_and_no_other(client, user):
    for _ in range(5):
        client.post("/account/login/", {"login": user.email, "password": "fout"})
    response = client.log_in(user)
    assert (response.status_code, "Te veel mislukte pogingen" in response.content.decode()) == (200, True)
    assert client.log_in(UserFactory())["Location"] == "/mijn/"
    client.post("/account/logout/")
    with later(301):
        assert client.log_in(user)["Location"] == "/mijn/"


def test_a_fourth_login_code_in_a_minute_is_not_mailed(client, user):
    for _ in range(3):
        type(client)().post("/account/login/code/", {"email": user.email})
    response = client.post("/account/login/code/", {"email": user.email})
    assert (response.status_code, "Te veel mislukte pogingen" in response.content.decode()) == (200, True)
    assert mails() == [([user.email], "Uw inlogcode")] * 3


# A mail server that is away ------------------------------------------------------------------------------------------


@pytest.fixture
def no_mail_server(mailbox, settings):
    options = mailbox.mailer["OPTIONS"] | {"port": free_port()}
    settings.MAILERS = settings.MAILERS | {"delivery": mailbox.mailer | {"OPTIONS": options}}


@pytest.mark.usefixtures("no_mail_server")
def test_with_the_mail_server_away_the_code_waits_in_the_outbox(client, mailbox, settings):
    assert client.sign_up(NEW)["Location"] == CONFIRM
    assert addresses(User.objects.get()) == [(NEW, False, True)]
    with pytest.raises(ServerTrouble):
        send_waiting()
    settings.MAILERS = settings.MAILERS | {"delivery": mailbox.mailer}
    with later(70):
        assert client.post(CONFIRM, {"code": mailbox.last_code()})["Location"] == "/mijn/"
    assert [(message["To"], message["Subject"]) for message in mailbox.messages] == [(NEW, "Bevestig uw e-mailadres")]
    assert addresses(User.objects.get()) == [(NEW, True, True)]


@pytest.mark.parametrize("path", ["/account/password/reset/", "/account/login/code/", "/account/signup/"])
@pytest.mark.usefixtures("no_mail_server")
def test_with_the_mail_server_away_nobody_learns_either_who_has_an_account(client, other, user, path):
    words = {"password1": client.PASSWORD, "password2": client.PASSWORD}
    known = client.post(path, {"email": user.email} | words, follow=True)
    unknown = other.post(path, {"email": NEW} | words, follow=True)
    assert (known.status_code, known.redirect_chain) == (200, unknown.redirect_chain)
    assert without_token(known, user.email) == without_token(unknown, NEW)
