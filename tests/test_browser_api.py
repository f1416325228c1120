"""The readable page of the API in a real Chromium; `browse` hears what the security policy refuses."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.factories import CallFactory
from tests.test_browser_accessibility import RUN_AXE

# What Swagger UI does and a style sheet cannot put right: rule -> selector.
NOT_OURS = {
    "nested-interactive": ".opblock-summary-control",  # a button around the address, which can be selected
    "heading-order": "h3.opblock-tag",
    "button-name": ".copy-to-clipboard > button",
    "select-name": ".parameters-col_description > select",
    "scrollable-region-focusable": ".microlight",
}


def test_docs_are_readable_and_try_the_api(db, browse):
    CallFactory(title="Opvang")
    page = browse()
    page.goto("/api/v1/docs")
    expect(page.get_by_role("heading", name="VLEVA: EU funding calls")).to_be_visible()
    page.locator("#operations-Calls-list_calls .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text('"title": "Opvang"')
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(RUN_AXE, NOT_OURS) == []


def test_docs_without_javascript(db, browse):
    page = browse(java_script_enabled=False)
    page.goto("/api/v1/docs")
    expect(page.get_by_role("heading", level=1)).to_have_text("VLEVA: EU funding calls")
    expect(page.get_by_role("link", name="/api/v1/openapi.json")).to_be_visible()
