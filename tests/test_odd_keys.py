"""What a browser says of a key may be anything: it is refused in words, never with an error."""

import json

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock_stands_still")]
WEB = {"type": "public-key", "id": "YQ", "rawId": "YQ"}
HANDLE = {"userHandle": "MQ", "clientDataJSON": "e30", "authenticatorData": "YQ", "signature": "YQ"}
ODD = [
    "",
    "{",
    "null",
    "5",
    '"x"',
    "[]",
    "{}",
    *(
        json.dumps(one)
        for one in (
            {"id": 1},
            WEB,
            WEB | {"response": {}},
            WEB | {"response": []},
            WEB | {"response": "x"},
            WEB | {"rawId": 5, "response": HANDLE},
            WEB | {"rawId": "é\0", "response": HANDLE},
            WEB | {"response": HANDLE},
            WEB | {"response": HANDLE | {"clientDataJSON": "x"}},
            WEB | {"response": HANDLE | {"userHandle": {}}},
            WEB | {"response": HANDLE | {"userHandle": "é"}},
            WEB | {"response": {"clientDataJSON": "e30", "attestationObject": "oA"}},
            WEB | {"response": {"clientDataJSON": "e30", "attestationObject": "YQ"}},
        )
    ),
    "[" * 100_000,
]


@pytest.mark.parametrize("credential", ODD, ids=range(len(ODD)))
def test_an_odd_key_lets_nobody_in_and_breaks_nothing(client, other, member, user, credential):
    client.get("/account/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    client.post("/account/2fa/webauthn/login/", {"credential": credential})
    TOTP.activate(user, generate_totp_secret())
    assert other.log_in(user)["Location"] == "/account/2fa/authenticate/"
    other.post("/account/2fa/authenticate/", {"credential": credential})
    member.get("/account/2fa/webauthn/reauthenticate/")
    member.post("/account/2fa/webauthn/reauthenticate/", {"credential": credential})
    for person in (client, other):
        assert person.get("/mijn/").status_code == 302


@pytest.mark.parametrize("credential", ODD, ids=range(len(ODD)))
def test_an_odd_key_is_not_added(member, user, credential):
    member.post("/account/reauthenticate/", {"password": member.PASSWORD})
    member.get("/account/2fa/webauthn/add/")
    page = member.post("/account/2fa/webauthn/add/", {"name": "Sleutel", "credential": credential})
    assert (page.status_code, user.authenticator_set.count()) == (200, 0)
