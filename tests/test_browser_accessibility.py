"""Every page in a real Chromium: axe finds nothing, nothing scrolls sideways, and `browse` hears no complaint."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from accounts.following import follow
from calls.models import Action, Call, Cutoff
from funds.models import Fund, Theme
from tests.browser import confirm_password, fill_login, log_in, register, register_passkey, totp_code
from tests.factories import CallFactory, ContactFactory

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# A phone shows no colours that the wide page does not show too, so the dark is looked at once.
LOOKS = [(PHONE, "light"), (DESKTOP, "light"), (DESKTOP, "dark")]
# What the admin's own templates and select2 do and we cannot reach: rule -> selector.
NOT_OURS = {
    "empty-table-header": "th.original",  # the column of a tabular row's name
    "label": "td.delete > input, .select2-search__field",  # below the heading "delete"; part of a select
    "list": ".select2-selection__rendered",  # holds select2's own search box
    "aria-prohibited-attr": ".selector .help-tooltip",  # the "?" beside a list of two columns
}
# The admin fades from one colour to the other; halfway no contrast is right.
RUN_AXE = """async notOurs => {
  await Promise.all(document.getAnimations().map(animation => animation.finished));
  const {violations} = await axe.run(document, {resultTypes: ["violations"]});
  return violations.flatMap(({id, nodes}) => nodes
    .filter(({target}) => !(id in notOurs && document.querySelector(target[0]).matches(notOurs[id])))
    .map(({target, html}) => `${id} ${target} ${html.slice(0, 200)}`));
}"""
LISTS = ["/", "/oproepen/", "/oproepen/?pagina=2&onzin=1", f"/oproepen/?q={'a' * 250}"]
LISTS += ["/fondsen/", "/themas/", "/contacten/"]
TEXTS = ["/privacy/", "/toegankelijkheid/", "/bestaat/niet/", "/call/migratie/integration-of-persons/"]
ENTRANCE = ["/account/login/", "/account/signup/", "/account/login/code/", "/account/password/reset/"]
ACCOUNT = [
    "/mijn/",
    "/themas/migratie/",
    "/contacten/",
    "/account/email/",
    "/account/password/change/",
    "/account/2fa/",
    "/account/sessions/",
    "/account/logout/",
]


@pytest.fixture
def content(five_pages):
    """The five pages, a theme with a contact, an open call with all kinds of parts, calls for a second list page."""
    migratie = Theme.objects.get(slug="migratie")
    migratie.contact = ContactFactory(phone="+32 2 737 14 30")
    migratie.save()
    fund = Fund.objects.get()
    call = CallFactory(fund=fund, themes=[migratie], code="OPEN-1", source_url="https://example.org/x", opens_at=None)
    Action.objects.create(call=call, order=1, group="Eerste groep", text="<p>Een <a href='/'>actie</a> [1]</p>")
    Cutoff.objects.create(call=call, at=call.deadline.replace(hour=1), label="fase 1")
    CallFactory.create_batch(20, fund=fund)
    return call


def test_pages_that_list(content, browse):
    assert faults_of(browse(), LISTS) == []


def test_pages_of_one_thing(content, browse):
    things = [content, Fund.objects.get(), Theme.objects.get(slug="migratie"), Theme.objects.get(slug="transport")]
    assert faults_of(browse(), [thing.get_absolute_url() for thing in things]) == []


def test_the_five_calls(five_pages, browse):
    assert faults_of(browse(), [call.get_absolute_url() for call in Call.objects.all()]) == []


def test_pages_of_text_and_the_entrance(content, browse):
    assert faults_of(browse(), TEXTS + ENTRANCE) == []


def test_pages_of_a_visitor_who_follows(content, browse):
    page = browse()
    page.goto("/themas/migratie/volgen/")
    found = faults(page)
    page.get_by_role("button", name="Volg Migratie").click()
    expect(page.get_by_role("region", name="Uw gekozen thema's")).to_be_visible()
    found += faults(page) + faults_of(page, ["/", "/oproepen/?thema=migratie", "/themas/"])
    page.get_by_role("link", name="registreer").click()
    register(page, "lezer@example.org")
    expect(page.get_by_label("Code")).to_be_visible()
    assert found + faults(page) == []


def test_a_form_that_is_too_old(browse):
    page = browse()
    page.goto("/account/login/")
    page.context.clear_cookies()
    fill_login(page, "lezer@example.org")
    expect(page.get_by_role("heading", level=1)).to_have_text("Probeer dat nog eens")
    assert faults(page) == []


def test_a_form_with_mistakes(user, browse):
    page = browse()
    page.goto("/account/login/")
    fill_login(page, user.email, password="iets anders")
    expect(page.locator(".errorlist")).to_be_visible()
    assert faults(page) == []


def test_pages_of_an_account(content, user, browse):
    follow(user, Theme.objects.filter(slug="migratie").values_list("pk", flat=True))
    page = browse()
    log_in(page, user)
    assert faults_of(page, ACCOUNT) == []


def test_pages_of_the_second_factor(user, browse, settings):
    settings.MFA_TOTP_TOLERANCE = 1
    page = browse()
    log_in(page, user)
    page.goto("/account/2fa/totp/activate/")
    found = faults(page)
    confirm_password(page)
    secret = page.get_by_label("Sleutel voor de authenticator-app").input_value()
    found += faults(page)
    page.get_by_label("Code uit de authenticator-app").fill(totp_code(secret))
    page.get_by_role("button", name="Inschakelen").click()
    expect(page.get_by_label("Ongebruikte herstelcodes")).to_be_visible()
    found += faults(page) + faults_of(page, ["/account/2fa/webauthn/add/"])
    register_passkey(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Tweestapsverificatie")
    found += faults(page) + faults_of(page, ["/account/2fa/webauthn/", "/account/2fa/recovery-codes/generate/"])
    page.get_by_role("button", name="Uitloggen").click()
    page.goto("/account/login/")
    fill_login(page, user.email)
    expect(page.get_by_label("Code")).to_be_visible()
    assert found + faults(page) == []


@pytest.mark.parametrize("path", ["", "calls/call/", "calls/call/{call}/change/", "funds/fund/{fund}/change/"])
def test_pages_of_the_editors_desk(path, content, editor, browse):
    TOTP.activate(editor, generate_totp_secret())
    page = browse()
    log_in(page, editor)
    page.goto("/beheer/" + path.format(call=content.pk, fund=content.fund_id))
    assert faults(page, sizes=[DESKTOP]) == []


def faults_of(page, paths):
    found = []
    for path in paths:
        page.goto(path)
        found += faults(page)
    return found


def faults(page, sizes=(PHONE, DESKTOP)):
    """What is wrong with the page as it stands: findings of axe, and sideways scrolling at these sizes."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        look = f"{page.url} at {size['width']} px, {scheme}"
        found += [f"{look}: {finding}" for finding in page.evaluate(RUN_AXE, NOT_OURS)]
        if size in sizes and page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{look}: scrolls sideways")
    return found
