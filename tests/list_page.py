"""A list of calls, what visitors do with it and what they see there."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from calls.models import Cutoff
from calls.status import DeadlineModel
from tests.factories import ApplicantTypeFactory, CallFactory, FundFactory, ThemeFactory
from tests.test_browser_keyboard import OUTLINE

RUNNING = "open of binnenkort"
# htmx tells the console of each request that it gave up for a newer one: that is how it should be.
QUIET_ABOUT_ABORTS = r"""const say = console.error.bind(console);
console.error = (...words) => /^htmx:(afterRequest|sendAbort)\b/.test(words[0]) || say(...words);"""


def make_calls():
    """25 calls: 10 on solar panels (Energie), 12 on refugees (Migratie), three special ones (Sport)."""
    energie, migratie, sport = [ThemeFactory(name=name) for name in ("Energie", "Migratie", "Sport")]
    schools, cities = ApplicantTypeFactory(name="Scholen"), ApplicantTypeFactory(name="Steden")
    fund, now = FundFactory(abbreviation="Morgen"), timezone.now()
    for number in range(22):
        about, theme = ("Zonnepanelen", energie) if number < 10 else ("Vluchtelingen", migratie)
        call = CallFactory(
            title=f"{about} {number}", themes=[theme], fund=fund, deadline=now + timedelta(days=20 + number)
        )
        call.applicant_types.add(schools if number % 2 else cities)
    soon = now + timedelta(days=5)
    later = CallFactory(title="Judo", themes=[sport], fund=fund, opens_at=soon, deadline=soon + timedelta(days=400))
    Cutoff.objects.create(call=later, at=soon + timedelta(days=100))
    Cutoff.objects.create(call=later, at=soon + timedelta(days=200))
    CallFactory(title="Zwemmen", themes=[sport], fund=fund, deadline=None, deadline_model=DeadlineModel.ROLLING)
    CallFactory(title="Schaken", themes=[sport], fund=fund, deadline=now - timedelta(days=3))


def option(page, name, role="checkbox"):
    return page.get_by_role(role, name=re.compile(f"^{name}"))


def tick(page, name, role="checkbox"):
    option(page, name, role).check()


def see(page, total, words=RUNNING):
    """Waits for so many calls."""
    expect(page.locator("#total")).to_have_text(f"{total} oproep{'' if total == 1 else 'en'} {words}".strip())


def chosen(page):
    """The names of the ticked boxes."""
    return [label.split("\n")[0] for label in page.locator("label:has([type=checkbox]:checked)").all_inner_texts()]


def counts(page):
    """{theme: the number behind it}."""
    return dict(label.split("\n") for label in page.locator("label:has([name=thema])").all_inner_texts())


def shown(page):
    """All that a filter changes on the page."""
    titles = page.locator(".card h3").all_inner_texts()
    page_as_such = [page.url, page.title(), page.get_by_role("heading", level=1).inner_text()]
    return [*page_as_such, page.locator(".results-head").inner_text(), titles, chosen(page), counts(page)]


def mark(page):
    """A full load of a page would wipe the mark."""
    page.evaluate("window.sameDocument = true")


def is_marked(page):
    return page.evaluate("window.sameDocument === true")


def hold(page, words):
    """Keeps the requests back that have the words in their address."""
    held = []
    page.route(re.compile(re.escape(words)), lambda route: held.append(route))
    return held


def release(held):
    for route in held:
        route.continue_()


def go_to(page, target):
    """With Tab, past stops that can all be seen."""
    expect(target).to_be_visible()
    for _ in range(90):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTLINE) >= 2, page.evaluate("document.activeElement.outerHTML")
        if target.evaluate("target => target === document.activeElement"):
            return
    pytest.fail(f"{target} is not among the next 90 stops of the keyboard")


def enter(page, link):
    go_to(page, link)
    page.keyboard.press("Enter")


def addresses(part):
    return part.get_by_role("link").evaluate_all("links => links.map(link => link.pathname)")


def dates_of(call):
    """The dates in the cells of a call's row: opening day, cut-offs, deadline."""
    local = timezone.localtime
    opens = [local(call.opens_at).date().isoformat()] if call.opens_at else []
    cutoffs = [local(cutoff.at).isoformat() for cutoff in call.cutoffs.all()]
    return [opens, cutoffs, [local(call.deadline).isoformat()] if call.deadline else []]
