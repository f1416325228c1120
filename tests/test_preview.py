"""The preview of an unsaved form, and the signed link to a call that is not public yet."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from reversion.models import Version

from calls.desk.preview import SALT, make_token
from calls.models import Action, Budget, Call, Change, Cutoff, Document, Objective, Problem
from tests.desk import Desk, rows, visible
from tests.factories import CallFactory, EditorFactory, ThemeFactory, brussels
from tests.reading import text
from tests.test_checks import FULL, NOW

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n"
NEW = "/beheer/calls/call/voorbeeld/"
ADD = "/beheer/calls/call/add/"
BANNER = "Voorbeeld Zo zal de pagina eruitzien. Er is niets van bewaard"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def desk(clock, desk):
    return desk


@pytest.fixture
def draft(clock):
    return CallFactory(**FULL | {"published_at": None, "title": "Ontwerp"})


def change(call):
    return f"/beheer/calls/call/{call.pk}/change/"


def preview(desk, call, **changes):
    return desk.client.post(f"/beheer/calls/call/{call.pk}/voorbeeld/", desk.form(change(call)) | changes)


def everything():
    """All that a preview might leave behind."""
    models = [Call, Objective, Action, Budget, Cutoff, Document, Change, Problem, Version]
    return [list(model.objects.order_by("pk").values()) for model in models]


# Of the form ---------------------------------------------------------------------------------------------------------


def test_it_shows_what_was_typed_and_stores_nothing(desk, draft, documents):
    draft.budgets.create(order=1, label="Weg", amount=1)
    draft.actions.create(order=1, text="<p>Eerste actie</p>")
    theme = ThemeFactory(name="Migratie")
    before = everything()
    sent = {"title": "Getypte titel", "themes": [theme.pk], "introduction": "<p>Getypt <script>fout</script></p>"}
    sent |= {"deadline_0": "02-06-2027", "budgets-0-DELETE": "on"}
    sent |= {
        "cutoffs-TOTAL_FORMS": 1,
        "cutoffs-0-label": "fase 1",
        "cutoffs-0-at_0": "01-04-2027",
        "cutoffs-0-at_1": "12:00",
    }
    sent |= rows("objectives", {"order": 2, "text": "<p>Tweede doel</p>"}, {"order": 1, "text": "<p>Eerste doel</p>"})
    sent |= rows("documents", {"order": 1, "title": "Gids", "file": SimpleUploadedFile("gids.pdf", PDF)})
    response = preview(desk, draft, **sent)
    page = text(response)
    assert response.status_code == 200
    assert BANNER in page
    for piece in ("Getypte titel", "Getypt", "fase 1", "Migratie", "woensdag 2 juni 2027", "Eerste actie"):
        assert piece in page
    assert page.index("Eerste doel") < page.index("Tweede doel")
    assert "Gids – te downloaden zodra de oproep bewaard is (pdf" in page
    assert [
        word for word in ("<script>fout", "Weg", "canonical", "ld+json", "kalender.ics") if word in response.text
    ] == []
    assert (response["X-Robots-Tag"], "no-store" in response["Cache-Control"]) == ("noindex", True)
    assert everything() == before
    assert [*documents.rglob("*.*")] == []


def test_a_new_call(desk):
    before = everything()
    sent = desk.form(ADD) | {"title": "Gloednieuw", "deadline_model": "rolling"}
    sent |= rows("documents", {"order": 1, "title": "Elders", "link": "https://example.org/gids"})
    page = desk.client.post(NEW, sent)
    assert BANNER in text(page)
    assert '<h1 lang="nl">Gloednieuw</h1>' in page.text
    assert 'href="https://example.org/gids"' in page.text
    assert everything() == before


def test_a_published_call_keeps_its_public_page(desk, client):
    call = CallFactory(**FULL | {"title": "Oud"})
    page = preview(desk, call, title="Nieuw")
    assert BANNER in text(page)
    assert "Nieuw" in text(page)
    assert "Bewaren" not in text(page)
    assert "Oud" in text(client.get(call.get_absolute_url()))


def test_an_attachment_that_is_stored_can_be_opened(desk, draft, documents):
    stored = draft.documents.create(title="Gids", file=ContentFile(PDF, "gids.pdf"))
    page = preview(desk, draft)
    assert f'href="/oproepen/ontwerp/bijlagen/{stored.pk}/"' in page.text
    replaced = preview(desk, draft, **{"documents-0-file": SimpleUploadedFile("ander.pdf", PDF)})
    assert "Gids – te downloaden zodra de oproep bewaard is" in text(replaced)


def test_faults_are_listed_on_a_page_of_their_own(desk, draft):
    before = everything()
    wrong = {"title": "", "deadline_0": "99-99-2027"} | rows("budgets", {"order": 1, "label": "Niets"})
    response = preview(desk, draft, **wrong)
    page = visible(response.text)
    assert response.status_code == 422
    assert "Nog geen voorbeeld" in page
    assert "Titel Dit veld is verplicht." in page
    assert "Budgetlijn 1:" in page
    assert "Vul een bedrag, een cofinancieringsgraad of allebei in." in page
    assert everything() == before


def test_who_may_ask_for_a_preview(settings, draft, editor, client):
    settings.STAFF_SECOND_FACTOR = False
    address = f"/beheer/calls/call/{draft.pk}/voorbeeld/"
    assert client.post(address).status_code == 302
    reader = EditorFactory()
    reader.groups.add(Group.objects.get(name="VLEVA-lezers"))
    statuses = [Desk(reader).client.post(one, {}).status_code for one in (address, NEW)]
    assert statuses == [403, 403]
    assert "voorbeeld/" not in Desk(reader).client.get(change(draft)).text
    assert Desk(editor).client.post("/beheer/calls/call/0/voorbeeld/", {}).status_code == 404


def test_a_reader_who_comes_back_to_a_preview_finds_the_form(desk, draft):
    assert desk.client.get(f"/beheer/calls/call/{draft.pk}/voorbeeld/").url == change(draft)
    assert desk.client.get(NEW).url == ADD


# By a link -----------------------------------------------------------------------------------------------------------


def link_of(desk, call):
    return desk.client.get(change(call)).context.get("preview_link", "").removeprefix("http://testserver")


def test_a_colleague_without_an_account_reads_a_draft(desk, draft, client, clock):
    link = link_of(desk, draft)
    response = client.get(link)
    assert response.status_code == 200
    assert (
        "Deze oproep is nog niet openbaar. De link naar deze pagina werkt tot maandag 8 maart 2027 om 12.00 uur ;"
        in text(response)
    )
    assert (response["X-Robots-Tag"], "no-store" in response["Cache-Control"]) == ("noindex", True)
    assert response.cookies.output() == ""
    assert [word for word in ("canonical", "ld+json", "kalender.ics") if word in response.text] == []
    clock.move_to(NOW + timedelta(days=7, seconds=-1))
    assert client.get(link).status_code == 200
    clock.move_to(NOW + timedelta(days=7))
    over = client.get(link)
    assert (over.status_code, over["X-Robots-Tag"]) == (410, "noindex")
    assert "Deze link werkte tot maandag 8 maart 2027 om 12.00 uur" in text(over)
    assert "Inleiding" not in over.text


def test_a_link_to_a_published_call_leads_to_its_page(desk, draft, client, clock):
    link = link_of(desk, draft)
    Call.objects.update(published_at=NOW)
    assert client.get(link).url == draft.get_absolute_url()
    assert link_of(desk, draft) == ""
    clock.move_to(NOW + timedelta(days=90))
    assert client.get(link).url == draft.get_absolute_url()


@pytest.mark.parametrize(
    "token",
    ["onzin", signing.dumps([1, 4_000_000_000], salt="anders"), signing.dumps([0, 4_000_000_000], salt=SALT)],
    ids=["no token", "another salt", "no call"],
)
def test_a_forged_link_and_one_to_a_deleted_call(client, token):
    response = client.get(f"/voorbeeld/{token}/")
    assert response.status_code == 404
    assert "<h1" in response.text


def test_a_token_that_was_tampered_with(client, draft):
    token = make_token(draft, brussels(2027, 3, 2))
    assert client.get(f"/voorbeeld/{token[:-1]}/").status_code == 404
    assert client.post(f"/voorbeeld/{token}/").status_code == 405


def test_its_attachments_come_with_it(desk, draft, client, documents, clock):
    stored = draft.documents.create(title="Gids", file=ContentFile(PDF, "gids.pdf"))
    link = link_of(desk, draft)
    address = f"{link}bijlagen/{stored.pk}/"
    assert f'href="{address}"' in client.get(link).text
    response = client.get(address)
    assert b"".join(response.streaming_content) == PDF
    assert (response["Content-Type"], "no-store" in response["Cache-Control"]) == ("application/pdf", True)
    other = CallFactory(**FULL | {"published_at": None}).documents.create(title="a", file=ContentFile(PDF, "a.pdf"))
    assert client.get(f"{link}bijlagen/{other.pk}/").status_code == 404
    assert client.get(f"/oproepen/ontwerp/bijlagen/{stored.pk}/").status_code == 404
    clock.move_to(NOW + timedelta(days=7))
    assert client.get(address).status_code == 410
    Call.objects.update(published_at=NOW)
    assert client.get(address).url == stored.get_absolute_url()


def test_only_who_may_change_a_call_is_given_its_link(settings, draft, editor):
    settings.STAFF_SECOND_FACTOR = False
    reader = EditorFactory()
    reader.groups.add(Group.objects.get(name="VLEVA-lezers"))
    assert link_of(Desk(reader), draft) == ""
    assert link_of(Desk(editor), draft).startswith("/voorbeeld/")
