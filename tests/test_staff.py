"""Who gets to the editors' desk, and with which rights."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.models import User
from tests.browser import totp_code
from tests.factories import AT_THE_DESK, DERIVED

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"
CONTENT = [
    "calls.action",
    "calls.budget",
    "calls.call",
    "calls.cutoff",
    "calls.document",
    "calls.objective",
    "calls.synonym",
    "contacts.contact",
    "funds.applicanttype",
    "funds.fund",
    "funds.fundbudget",
    "funds.fundcontact",
    "funds.fundobjective",
    "funds.theme",
]
DESK = [label.lower() for label in AT_THE_DESK]


@pytest.fixture
def desk(client, editor):
    """An editor who is logged in, without a second factor."""
    client.force_login(editor)
    return client


def where(response):
    return [*response.redirect_chain, response.status_code]


def test_a_visitor_logs_in_first_and_comes_back(client):
    response = client.get("/beheer/calls/call/?status=open", follow=True)
    wanted = "%2Fbeheer%2Fcalls%2Fcall%2F%3Fstatus%3Dopen"
    assert where(response)[-2:] == [(f"/account/login/?next={wanted}", 302), 200]


def test_who_is_not_staff_gets_a_dutch_403(member):
    response = member.get("/beheer/", follow=True)
    assert (response.status_code, "U heeft geen toegang tot deze pagina" in response.content.decode()) == (403, True)


@pytest.mark.parametrize("path", ["", "calls/call/", "calls/call/add/", "login/", "jsi18n/", "bestaat-niet/"])
def test_staff_without_a_second_factor_are_sent_to_set_it_up(desk, path):
    response = desk.get(f"/beheer/{path}", follow=True)
    assert where(response) == [("/account/2fa/", 302), 200]
    assert "Voor de redactie is tweestapsverificatie nodig. Stel die eerst in." in response.content.decode()


def test_staff_without_a_second_factor_cannot_post_either(desk):
    response = desk.post("/beheer/funds/theme/add/", {"name": "Nieuw"})
    assert (response.status_code, response["Location"]) == (302, "/account/2fa/")


def test_recovery_codes_alone_are_no_second_factor(desk, editor):
    RecoveryCodes.activate(editor)
    assert desk.get("/beheer/")["Location"] == "/account/2fa/"


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_an_authenticator_or_a_key_is_a_second_factor(desk, editor, kind):
    Authenticator.objects.create(user=editor, type=kind, data={})
    assert desk.get("/beheer/").status_code == 200


def test_without_the_rule_staff_need_no_second_factor(desk, settings):
    settings.STAFF_SECOND_FACTOR = False
    assert desk.get("/beheer/").status_code == 200


@pytest.mark.usefixtures("clock_stands_still")
def test_an_editor_logs_in_with_the_second_factor_and_arrives_at_the_desk(client, editor):
    TOTP.activate(editor, SECRET)
    client.log_in(editor, "/account/login/?next=/beheer/")
    assert client.get("/beheer/")["Location"] == "/beheer/login/?next=/beheer/"
    response = client.post("/account/2fa/authenticate/", {"code": totp_code(SECRET)}, follow=True)
    assert where(response) == [("/beheer/", 302), 200]


def rights(labels, *actions):
    return {label.replace(".", f".{action}_") for label in labels for action in actions or ("view",)}


ALL = ("add", "change", "delete", "view")
PARTS = [f"calls.{name}" for name in ("action", "budget", "cutoff", "document", "objective")]
GROUPS = {
    "VLEVA-redactie": rights(CONTENT, *ALL) | {"calls.publish_call", "calls.change_proposal"},
    "VLEVA-bijdragers": rights(CONTENT) | rights(["calls.call"], "add", "change") | rights(PARTS, *ALL),
    "VLEVA-lezers": rights(CONTENT),
}


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("name", GROUPS)
def test_each_group_has_its_rights_and_no_other(user, name):
    user.groups.add(Group.objects.get(name=name))
    assert user.get_all_permissions() == GROUPS[name] | rights(DESK) | {"admin.view_logentry"}


def test_there_are_three_groups(roles):
    assert sorted(Group.objects.values_list("name", flat=True)) == sorted(GROUPS)


def test_every_kind_of_content_is_in_the_rights_of_the_groups():
    models = [model._meta for app in ("calls", "funds", "contacts") for model in apps.get_app_config(app).get_models()]
    assert sorted(meta.label_lower for meta in models if meta.label not in DERIVED) == sorted([*CONTENT, *DESK])


def test_the_desks_own_password_page_leads_to_ours(desk, editor):
    TOTP.activate(editor, SECRET)
    assert desk.get("/beheer/password_change/")["Location"] == "/account/password/change/"


def test_createsuperuser_makes_an_account_that_can_log_in_at_once(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", client.PASSWORD)
    call_command("createsuperuser", email="Chef@Example.org", interactive=False, verbosity=0)
    chef = User.objects.get()
    assert (chef.email, chef.is_staff, chef.is_superuser) == ("chef@example.org", True, True)
    addresses = EmailAddress.objects.values_list("user", "email", "verified", "primary")
    assert list(addresses) == [(chef.pk, "chef@example.org", True, True)]
    response = client.post("/account/login/", {"login": "CHEF@example.org", "password": client.PASSWORD})
    assert response["Location"] == "/mijn/"


def test_an_address_belongs_to_one_user_whatever_the_case(user):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email=user.email.upper())])
    with pytest.raises(ValidationError) as refusal:
        User(email=user.email.upper(), password="x").full_clean()
    assert list(refusal.value.message_dict) == ["email"]
