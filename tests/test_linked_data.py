"""What search engines read of a call, a fund and a theme besides their text."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.safestring import SafeString

from calls.models import Call
from calls.status import DeadlineModel
from portal.templatetags.portal import json_ld
from tests.factories import CallFactory, FundFactory, ThemeFactory, brussels

SITE = "http://testserver"
EU = {"@type": "Organization", "name": "Europese Unie", "url": "https://european-union.europa.eu/"}
pytestmark = pytest.mark.django_db


def data_of(client, path):
    """The data blocks of a page."""
    html = client.get(path).content.decode()
    return [json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)]


def grant_of(client, call):
    _breadcrumbs, grant = data_of(client, call.get_absolute_url())
    return grant


def crumbs(*names_and_paths):
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": f"{SITE}{path}"}
        for position, (name, path) in enumerate(names_and_paths, 1)
    ]
    return {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}


@pytest.fixture
def call():
    """With everything that the data can say."""
    fund = FundFactory(name="Fonds voor Asiel", abbreviation="AMIF", period="2021-2027")
    call = CallFactory(
        title="Taal op het werk",
        code="AMIF-2027-TAAL",
        fund=fund,
        introduction="<p>Lessen &amp; stages</p><p>op de vloer.</p>",
        opens_at=brussels(2027, 1, 4),
        deadline=brussels(2027, 7, 1, 17),
        deadline_model=DeadlineModel.TWO_STAGE,
        published_at=brussels(2026, 1, 5, 9),
        source_url="https://example.org/amif-taal",
    )
    call.budgets.create(order=1, label="AMIF", amount="1320069.53", rate=75)
    call.budgets.create(order=2, amount=500_000)
    call.budgets.create(order=3, amount=32_700_000, shared=True)
    call.budgets.create(order=4, rate=50)
    call.cutoffs.create(label="fase 1", at=brussels(2027, 3, 1, 17))
    Call.objects.filter(pk=call.pk).update(updated_at=brussels(2026, 8, 2, 10, 30))
    return call


def test_a_call_is_a_grant_with_all_that_is_known(client, call):
    url = f"{SITE}/oproepen/taal-op-het-werk/"
    source = "https://example.org/amif-taal"
    start = {"@type": "ApplyAction", "target": source, "startTime": "2027-01-04T00:00:00+01:00"}
    assert grant_of(client, call) == {
        "@context": "https://schema.org",
        "@type": "MonetaryGrant",
        "@id": f"{url}#oproep",
        "name": "Taal op het werk",
        "identifier": "AMIF-2027-TAAL",
        "description": "Lessen & stages op de vloer.",
        "url": url,
        "sameAs": source,
        "mainEntityOfPage": {
            "@type": "WebPage",
            "@id": url,
            "inLanguage": "nl-BE",
            "datePublished": "2026-01-05T09:00:00+01:00",
            "dateModified": "2026-08-02T10:30:00+02:00",
        },
        "funder": {
            "@type": "Organization",
            "name": "Fonds voor Asiel",
            "alternateName": "AMIF 2021-2027",
            "url": f"{SITE}/fondsen/amif-2021-2027/",
            "parentOrganization": EU,
        },
        "amount": [
            {"@type": "MonetaryAmount", "currency": "EUR", "value": 1320069.53, "name": "AMIF"},
            {"@type": "MonetaryAmount", "currency": "EUR", "value": 500000},
        ],
        "potentialAction": [
            start | {"name": "fase 1", "endTime": "2027-03-01T17:00:00+01:00"},
            start | {"endTime": "2027-07-01T17:00:00+02:00"},
        ],
    }


def test_what_is_not_known_is_left_out(client):
    call = CallFactory(title="Kaal", fund=None, deadline=None, deadline_model=DeadlineModel.UNKNOWN)
    grant = grant_of(client, call)
    assert sorted(grant) == ["@context", "@id", "@type", "funder", "mainEntityOfPage", "name", "url"]
    assert (grant["@type"], grant["funder"]) == ("Grant", EU)


@pytest.mark.parametrize("budget", [{"amount": 32_700_000, "shared": True}, {"rate": 75}])
def test_a_shared_pot_or_a_rate_is_no_amount_of_this_call(client, budget):
    call = CallFactory()
    call.budgets.create(order=1, **budget)
    grant = grant_of(client, call)
    assert (grant["@type"], "amount" in grant) == ("Grant", False)


def test_a_rolling_call_can_be_applied_for_without_an_end(client):
    call = CallFactory(title="Altijd", deadline=None, deadline_model=DeadlineModel.ROLLING)
    assert grant_of(client, call)["potentialAction"] == [
        {"@type": "ApplyAction", "target": f"{SITE}/oproepen/altijd/"}
    ]


def test_breadcrumbs_of_a_call_a_fund_and_themes(client):
    home = ("Startpagina", "/")
    call, fund = CallFactory(title="Taal"), FundFactory(abbreviation="AMIF", period="2021-2027")
    parent = ThemeFactory(name="Eu algemeen")
    child = ThemeFactory(name="Migratie", parent=parent)
    above = ("Thema's", "/themas/")
    assert data_of(client, call.get_absolute_url())[0] == crumbs(
        home, ("Oproepen", "/oproepen/"), ("Taal", "/oproepen/taal/")
    )
    assert data_of(client, fund.get_absolute_url()) == [
        crumbs(home, ("Fondsen", "/fondsen/"), ("AMIF 2021-2027", "/fondsen/amif-2021-2027/"))
    ]
    assert data_of(client, parent.get_absolute_url()) == [crumbs(home, above, ("Eu algemeen", "/themas/eu-algemeen/"))]
    assert data_of(client, child.get_absolute_url()) == [
        crumbs(home, above, ("Eu algemeen", "/themas/eu-algemeen/"), ("Migratie", "/themas/migratie/"))
    ]


def test_no_text_can_end_the_block(client):
    title = "</script><script>alert(1)</script><!--<script> & \u2028\u2029 'x' \"y\""
    fund = FundFactory(name="</SCRIPT><b>")
    call = CallFactory(title=title, code="</script>", fund=fund, introduction="<p>&lt;/script&gt;&lt;img&gt;</p>")
    call.budgets.create(order=1, label="</script>", amount=1)
    response = client.get(call.get_absolute_url())
    grant = grant_of(client, call)
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', response.content.decode())
    assert len(blocks) == 2
    assert [sign for sign in "<>&\u2028\u2029" if any(sign in block for block in blocks)] == []
    assert (grant["name"], grant["identifier"], grant["funder"]["name"]) == (title, "</script>", "</SCRIPT><b>")
    assert grant["amount"][0]["name"] == "</script>"


def test_the_filter_writes_one_whole_block():
    block = json_ld({"naam": "é <&> \u2028", "getal": 1.5, "leeg": None})
    assert isinstance(block, SafeString)
    assert block == (
        '<script type="application/ld+json">'
        '{"naam": "é \\u003C\\u0026\\u003E \\u2028", "getal": 1.5, "leeg": null}'
        "</script>"
    )


@pytest.mark.parametrize("path", ["/", "/oproepen/", "/fondsen/", "/themas/", "/contacten/", "/privacy/", "/x/"])
def test_other_pages_have_no_data(client, path):
    CallFactory(deadline=timezone.now() + timedelta(days=3))
    assert data_of(client, path) == []
