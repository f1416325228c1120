"""Attachments: which files are taken, how they are kept, and how a browser gets them."""

import errno
import io
import os
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile

from calls.documents import OLD_MACROS, STORAGE_TROUBLE, TYPES, check_file, safe_name
from calls.models import Call, Document
from tests.desk import rows
from tests.factories import CallFactory
from tests.office_files import content, packed, upload

pytestmark = pytest.mark.django_db
NOT_WHAT_IT_SAYS = (
    "Dit bestand is niet wat de naam zegt: .{}. Bewaar het opnieuw in het programma waar het vandaan komt."
)
MACROS = "In dit bestand zitten macro’s: programma’s die starten wanneer iemand het opent. Bewaar het zonder macro’s."
UNPACKS = "Dit bestand wordt bij het uitpakken veel te groot."
SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def refusal(name, data=None):
    """What an editor reads of a file; nothing when it is taken."""
    try:
        check_file(upload(name, data))
    except ValidationError as error:
        return error.message
    return None


def change(call):
    return f"/beheer/calls/call/{call.pk}/change/"


def send(desk, call, *files, **more):
    documents = [{"order": n, "title": f"Gids {n}", "file": file} for n, file in enumerate(files, 1)]
    return desk.send(change(call), **rows("documents", *documents), **more)


# What a file is ------------------------------------------------------------------------------------------------------


def test_every_kind_of_document_is_known_by_its_content():
    assert set(Document.EXTENSIONS) == set(TYPES)
    assert {extension: refusal(f"gids.{extension}") for extension in TYPES} == dict.fromkeys(TYPES)
    assert refusal("GIDS.PDF") is None


def test_no_kind_passes_for_another():
    taken = {
        (name, kind)
        for name in TYPES
        for kind in TYPES
        if refusal(f"gids.{name}", content(kind)) is None and name != kind
    }
    assert taken == {("jpg", "jpeg"), ("jpeg", "jpg")}


@pytest.mark.parametrize("extension", TYPES)
@pytest.mark.parametrize(
    "data",
    [SCRIPT, b"<html><script>alert(1)</script>", b"MZ\x90\x00" + bytes(64), b"PK\x03\x04" + bytes(64), b"x", b""],
    ids=["svg", "html", "exe", "broken zip", "a letter", "nothing"],
)
def test_what_is_no_document_is_refused_whatever_its_name(extension, data):
    assert refusal(f"gids.{extension}", data) == NOT_WHAT_IT_SAYS.format(extension)


@pytest.mark.parametrize("name", ["gids.svg", "gids.html", "gids.docm", "gids.exe", "gids", ".pdf.", "pdf"])
def test_other_extensions_are_refused(name):
    extension = name.rpartition(".")[2] if name.rpartition(".")[1] and not name.endswith(".") else ""
    assert refusal(name, content("pdf")) == NOT_WHAT_IT_SAYS.format(extension)


def test_macros_are_refused_in_files_of_every_age():
    types = {"[Content_Types].xml": f'<Override ContentType="{TYPES["docx"]}.main+xml"/>'}
    assert refusal("a.docx", packed(types | {"word/vbaProject.bin": "x"})) == MACROS
    enabled = "application/vnd.ms-word.document.macroEnabled.main+xml"
    assert refusal("a.docx", packed({"[Content_Types].xml": f'<Override ContentType="{enabled}"/>'})) == MACROS
    assert refusal("a.xlsx", packed(types | {"xl/macrosheets/sheet1.xml": "x"})) == MACROS
    assert refusal("a.odt", packed({"mimetype": TYPES["odt"], "Basic/Standard/Module1.xml": "x"})) == MACROS
    assert refusal("a.doc", content("doc") + OLD_MACROS) == MACROS


def test_a_zip_bomb_is_not_unpacked():
    """600 MB of zeros in 600 kB; and a table of parts that would take seconds to read."""
    types = {"[Content_Types].xml": f'<Override ContentType="{TYPES["xlsx"]}.main+xml"/>'}
    buffer = io.BytesIO(packed(types))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/a.xml", "w") as part:
        for _ in range(600):
            part.write(bytes(1024 * 1024))
    assert refusal("a.xlsx", buffer.getvalue()) == UNPACKS
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for n in range(20_000):
            archive.writestr(f"{n}.xml", "")
    assert refusal("a.xlsx", many.getvalue()) == UNPACKS


def test_a_protected_or_damaged_zip_is_not_what_it_says():
    assert refusal("a.docx", content("docx")[:-30]) == NOT_WHAT_IT_SAYS.format("docx")
    encrypted = bytearray(content("docx"))
    encrypted[6] |= 1
    encrypted[encrypted.rfind(b"PK\x01\x02") + 8] |= 1
    assert refusal("a.docx", bytes(encrypted)) == NOT_WHAT_IT_SAYS.format("docx")


def test_a_disk_that_fails_is_not_the_fault_of_the_file(monkeypatch):
    def fail(*_args):
        raise OSError(errno.EIO, "Input/output error")

    whole = content("docx")
    monkeypatch.setattr(zipfile, "ZipFile", fail)
    assert refusal("a.docx", whole) == str(STORAGE_TROUBLE)


def test_a_storage_that_does_not_answer_is_waited_for(client, documents, monkeypatch):
    document = CallFactory().documents.create(order=1, title="Gids", file=upload("gids.pdf"))

    def fail(*_args):
        raise ConnectionError("the bucket is gone")

    monkeypatch.setattr(type(default_storage._wrapped), "_open", fail)
    response = client.get(document.get_absolute_url())
    assert (response.status_code, response["Retry-After"]) == (503, "120")
    assert "We kunnen deze bijlage nu niet ophalen." in response.text


def test_a_file_that_is_too_large_is_refused_in_words(settings):
    settings.DOCUMENT_MEGABYTES = 1
    assert refusal("a.pdf", b"%PDF" + bytes(1024 * 1024)) == (
        "Dit bestand is groter dan 1,0\xa0MB. Maak het kleiner, of geef er een link naar."
    )
    assert refusal("a.pdf", b"%PDF" + bytes(1024 * 1024 - 4)) is None


# Its name ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Oproep 2027 (définitief), ’s-Hertogenbosch & co.pdf", "Oproep 2027 (définitief), -s-Hertogenbosch & co.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Mijn documenten\\gids.PDF", "gids.pdf"),
        ("gids\u202efdp.exe.pdf", "gidsfdp-exe.pdf"),
        ("gids\x00\r\n\t.pdf", "gids.pdf"),
        ("gids.html.pdf", "gids-html.pdf"),
        ("..pdf", "bijlage.pdf"),
        (".pdf", "bijlage.pdf"),
        ("<script>alert(1)</script>.pdf", "script.pdf"),
        ("een'\"; DROP TABLE.pdf", "een'- DROP TABLE.pdf"),
        ("a" * 300 + ".pdf", "a" * 80 + ".pdf"),
        ("gids." + "p" * 300, "gids." + "p" * 10),
        ("gids", "bijlagegids"),
        ("e\u0301e\u0301n.pdf", "één.pdf"),
        ("日本語.pdf", "日本語.pdf"),
        ("\u200b\ufeff.pdf", "bijlage.pdf"),
    ],
)
def test_a_name_is_made_safe_and_stays_readable(name, kept):
    assert safe_name(name) == kept


def test_a_kept_name_is_that_of_the_download(desk, client, documents):
    call = CallFactory()
    assert send(desk, call, upload("Oproep één (2027).odt")) == []
    document = call.documents.get()
    assert document.file.name.endswith("/Oproep_één_2027.odt")
    response = client.get(document.get_absolute_url())
    names = ("Content-Disposition", "Content-Type", "Content-Security-Policy", "X-Content-Type-Options")
    assert [response[name] for name in names] == [
        "attachment; filename*=utf-8''Oproep_%C3%A9%C3%A9n_2027.odt",
        "application/vnd.oasis.opendocument.text",
        "sandbox; default-src 'none'",
        "nosniff",
    ]
    assert b"".join(response.streaming_content) == content("odt")


def test_a_file_that_came_another_way_is_no_page_either(client, documents):
    call = CallFactory()
    page = call.documents.create(title="Pagina", file=ContentFile(SCRIPT, "pagina.svg"))
    response = client.get(page.get_absolute_url())
    assert (response["Content-Type"], response["Content-Disposition"]) == (
        "application/octet-stream",
        'attachment; filename="pagina.svg"',
    )
    response.close()


# At the desk ---------------------------------------------------------------------------------------------------------


def test_a_refused_file_is_named_beside_its_field_and_nothing_is_kept(desk, documents):
    call = CallFactory(title="Voor")
    answers = send(desk, call, upload("gids.pdf", SCRIPT), upload("goed.pdf"), title="Na")
    assert answers == [("documents-0-file", NOT_WHAT_IT_SAYS.format("pdf"))]
    assert (Call.objects.get().title, Document.objects.count(), list(documents.rglob("*.*"))) == ("Voor", 0, [])


def test_a_very_long_name_is_cut_not_refused(desk, documents):
    call = CallFactory()
    assert send(desk, call, upload("ë" * 240 + ".pdf"), upload("ë" * 240 + ".pdf")) == []
    first, second = (document.file.name for document in call.documents.all())
    assert first.endswith("/" + "ë" * 80 + ".pdf")
    assert (len(second) <= 100, first != second) == (True, True)


def test_a_file_beyond_the_limit_comes_back_with_the_whole_form(desk, documents, settings):
    settings.DOCUMENT_MEGABYTES = 1
    call = CallFactory()
    large = SimpleUploadedFile("groot.pdf", b"%PDF" + bytes(3 * 1024 * 1024))
    response = desk.client.post(
        change(call), desk.form(change(call)) | rows("documents", {"order": 1, "title": "Groot", "file": large})
    )
    assert "Dit bestand is groter dan 1,0\xa0MB." in response.text
    assert 'value="Groot"' in response.text
    assert Document.objects.count() == 0


def test_no_more_of_a_file_is_taken_in_than_is_needed_to_refuse_it(rf, settings):
    settings.DOCUMENT_MEGABYTES = 1
    request = rf.post("/", {"file": SimpleUploadedFile("groot.pdf", b"%PDF" + bytes(3 * 1024 * 1024))})
    with request.FILES["file"] as file:
        assert file.size == 1024 * 1024 + 1


def test_a_request_that_is_far_too_large_gets_a_page_that_says_so(desk, settings):
    settings.DOCUMENT_MEGABYTES = 1
    files = {f"a{n}": SimpleUploadedFile(f"{n}.pdf", bytes(1_800_000)) for n in range(4)}
    response = desk.client.post("/beheer/calls/call/add/", files)
    assert response.status_code == 413
    assert "Een formulier neemt hoogstens 4 megabyte aan. Er is niets bewaard" in response.text


def test_a_full_disk_loses_nothing_that_was_typed(desk, documents, monkeypatch, caplog):
    call = CallFactory(title="Voor")

    def until_the_disk_is_full(*args):
        yield b"%PDF"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(InMemoryUploadedFile, "chunks", until_the_disk_is_full)
    answers = send(desk, call, upload("gids.pdf"), title="Na")
    assert answers == [
        (
            "documents-0-file",
            "Het bestand kon niet bewaard worden, dus is er niets bewaard. Kies het straks opnieuw, "
            "of geef voorlopig een link.",
        )
    ]
    monkeypatch.undo()
    assert (Call.objects.get().title, Document.objects.count(), list(documents.rglob("*.*"))) == ("Voor", 0, [])
    assert [record.message for record in caplog.records] == ["An attachment could not be stored."]
    assert send(desk, call, upload("gids.pdf"), title="Na") == []
    assert (Call.objects.get().title, [path.name for path in documents.rglob("*.*")]) == ("Na", ["gids.pdf"])


def test_the_file_of_a_row_that_goes_is_kept_for_an_older_version(desk, documents):
    call = CallFactory()
    send(desk, call, upload("gids.pdf"))
    assert desk.send(change(call), **{"documents-0-DELETE": "on"}) == []
    assert (call.documents.count(), [path.name for path in documents.rglob("*.*")]) == (0, ["gids.pdf"])


# Where they are kept -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "backend", ["django.core.files.storage.InMemoryStorage", "django.core.files.storage.FileSystemStorage"]
)
def test_any_storage_serves(desk, client, settings, tmp_path, backend):
    options = {"location": tmp_path} if backend.endswith("FileSystemStorage") else {}
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}
    call = CallFactory()
    assert send(desk, call, upload("gids.pdf")) == []
    document = call.documents.get()
    assert b"".join(client.get(document.get_absolute_url()).streaming_content) == content("pdf")
    assert "(pdf, 9\xa0bytes)" in client.get(call.get_absolute_url()).text
    default_storage.delete(document.file.name)
    assert client.get(document.get_absolute_url()).status_code == 404
    page = client.get(call.get_absolute_url()).text
    assert ("Gids 1" in page, "bytes" in page) == (True, False)
    assert desk.send(change(call), title="Nog altijd te bewaren") == []


def test_where_documents_are_kept_comes_from_the_environment(settings):
    assert settings.STORAGES["default"]["BACKEND"] == "calls.documents.WholeFiles"
    assert list(settings.STORAGES["default"]["OPTIONS"]) == ["location"]
