"""A walk through the whole account area: every page as it is, filled in wrongly, and halfway through a task."""

import re

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.core import mail

from tests.browser import totp_code


def walk(visitor, member, user):
    """Yields the responses; `user` logs in at the end, with the second factor that was set up on the way."""
    member.defaults["HTTP_USER_AGENT"] = "Firefox"
    yield from entrance(visitor, user)
    member.log_in(user)
    yield from desk(member)
    yield from second_factor(member)
    yield from keys(member, user)
    member.post("/account/logout/")
    member.log_in(user)
    yield member.get("/account/2fa/authenticate/")
    yield member.post("/account/2fa/authenticate/", {"code": "fout"})
    user.set_unusable_password()
    user.save()
    member.force_login(user)
    yield member.get("/account/password/set/")


def entrance(visitor, user):
    for path in ["login/", "signup/", "login/code/", "inactive/", "password/reset/", "password/reset/done/"]:
        yield visitor.get(f"/account/{path}")
    yield visitor.get("/account/password/reset/key/done/")
    yield visitor.get("/account/password/reset/key/1-fout/")
    yield visitor.post("/account/login/", {"login": "x", "password": ""})
    yield visitor.post("/account/login/", {"login": user.email, "password": "fout"})
    yield visitor.post("/account/signup/", {"email": "x", "password1": "12345", "password2": "x"})
    yield visitor.post("/account/signup/", {"email": "x@example.org", "password1": "goed-en-lang", "password2": "x"})
    yield visitor.post("/account/password/reset/", {"email": "x"})
    visitor.post("/account/password/reset/", {"email": user.email})
    form = visitor.get(re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1], follow=True)
    yield form
    yield visitor.post(form.request["PATH_INFO"], {"password1": "12345", "password2": "x"})
    visitor.post("/account/login/code/", {"email": user.email})
    yield visitor.get("/account/login/code/confirm/")
    yield visitor.post("/account/login/code/confirm/", {"code": "fout"})
    visitor.sign_up("nieuw@example.org")
    yield visitor.get("/account/confirm-email/")
    yield visitor.post("/account/confirm-email/", {"code": "fout"})


def desk(member):
    for path in ["email/", "password/change/", "reauthenticate/", "sessions/", "logout/", "2fa/", "2fa/webauthn/"]:
        yield member.get(f"/account/{path}")
    yield member.post("/account/email/", {"email": "x", "action_add": ""})
    yield member.post("/account/email/", {"email": "ander@example.org", "action_add": ""}, follow=True)
    yield member.get("/account/email/")
    yield member.post("/account/password/change/", {"oldpassword": "fout", "password1": "12345", "password2": "x"})
    yield member.post("/account/reauthenticate/", {"password": "fout"})
    member.post("/account/reauthenticate/", {"password": member.PASSWORD})


def second_factor(member):
    yield member.get("/account/2fa/totp/activate/")
    yield member.post("/account/2fa/totp/activate/", {"code": "fout"})
    code = totp_code(member.session[SECRET_SESSION_KEY])
    yield member.post("/account/2fa/totp/activate/", {"code": code}, follow=True)
    for path in ["", "totp/deactivate/", "recovery-codes/generate/", "reauthenticate/"]:
        yield member.get(f"/account/2fa/{path}")
    yield member.post("/account/2fa/recovery-codes/generate/", follow=True)
    yield member.post("/account/2fa/reauthenticate/", {"code": "fout"})


def keys(member, user):
    yield member.get("/account/2fa/webauthn/add/")
    yield member.post("/account/2fa/webauthn/add/", {"name": "", "credential": "fout"})
    key = Authenticator.objects.create(user=user, type="webauthn", data={"name": "Sleutel", "credential": {}})
    for path in ["", f"keys/{key.pk}/edit/", f"keys/{key.pk}/remove/"]:
        yield member.get(f"/account/2fa/webauthn/{path}")
    yield member.post(f"/account/2fa/webauthn/keys/{key.pk}/edit/", {"name": ""})
    yield member.post(f"/account/2fa/webauthn/keys/{key.pk}/edit/", {"name": "Blauw"}, follow=True)
    yield member.post(f"/account/2fa/webauthn/keys/{key.pk}/remove/", follow=True)
