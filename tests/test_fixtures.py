"""From the five pages and the file of facts to fixtures, and from fixtures to rows."""

import os
import resource
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from calls.models import Call
from calls.status import Status

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "fixtures"
NOTHING = "Er is niets geschreven."
CALL_02, INTEGRATION = "amif-2020-ag-call-02", "amif-42-integratie"


@pytest.fixture
def folder(tmp_path):
    """A copy of fixtures/ to work in."""
    return Path(shutil.copytree(SOURCES, tmp_path / "fixtures"))


def build(folder):
    output = StringIO()
    call_command("build_fixtures", folder, stdout=output)
    return output.getvalue()


def files(folder):
    """Every file below the folder, with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# Building ------------------------------------------------------------------------------------------------------------


def test_building_gives_the_committed_files_every_time(folder):
    for name in ("contacts", "funds", "calls"):
        (folder / f"{name}.json").unlink()
    assert build(folder) == "contacts.json: 3 rows\nfunds.json: 38 rows\ncalls.json: 67 rows\n"
    assert files(folder) == files(SOURCES)
    build(folder)
    assert files(folder) == files(SOURCES)


def test_building_gives_the_same_bytes_whatever_the_machine_speaks(folder):
    """Also where a file is not UTF-8 unless one says so."""
    (folder / "calls.json").unlink()
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, ROOT / "manage.py", "build_fixtures", folder]
    done = subprocess.run(command, env=os.environ | plain, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert files(folder) == files(SOURCES)


def add_page(folder, name):
    shutil.copy(ROOT / f"tests/data/pages/{name}.txt", folder / "pages")


def test_a_page_without_facts_becomes_a_draft(folder, db):
    add_page(folder, "alleen-een-deadline")
    build(folder)
    for name in ("contacts", "funds", "calls"):
        call_command("loaddata", folder / f"{name}.json", verbosity=0)
    [draft] = Call.objects.filter(published_at=None)
    assert (draft.fund, draft.code, draft.source_url, list(draft.themes.all())) == (None, "", "", [])
    assert (draft.status, draft.title_language, draft.created_at) == (Status.CLOSED, "nl", draft.deadline)
    assert Call.objects.count() == 6


# Refusals ------------------------------------------------------------------------------------------------------------


def broken_page(folder):
    edit(folder / f"pages/{CALL_02}.txt", "\nBudget\n", "\nDeadline\n")


def page_not_utf8(folder):
    page = folder / f"pages/{CALL_02}.txt"
    page.write_bytes(page.read_text(encoding="utf-8").encode("latin-1", "replace"))


def facts_of_no_page(folder):
    (folder / f"pages/{INTEGRATION}.txt").rename(folder / "pages/anders.txt")


def two_codes(folder):
    edit(folder / "facts.toml", 'code = "AMIF-2017-AG-INTE-03"', 'code = "X"')
    edit(folder / "pages/amif-2017-ag-inte-03.txt", "Deadline\n", "Deadline\nCode\nAMIF-2017-AG-INTE-03\n")


def amount_not_on_the_page(folder):
    edit(folder / "facts.toml", "1320069.53", "1320069.54")


def unknown_theme_of_the_fund(folder):
    edit(folder / "facts.toml", 'migratie = "Migratie"', 'migratie = "Asiel"')


def unknown_theme_of_a_call(folder):
    edit(folder / "facts.toml", '"sociale-inclusie", "migratie"', '"sociale-inclusie", "integratie"')


def unknown_type_of_a_call(folder):
    edit(folder / "facts.toml", '"lokale-overheden"', '"ocmws"')


def other_name_of_the_fund(folder):
    edit(folder / "facts.toml", 'name = "Fonds voor Asiel, Migratie en Integratie"', 'name = "AMIF"')


def funds_that_contradict(folder):
    edit(folder / f"pages/{INTEGRATION}.txt", "2 752 miljoen", "2 753 miljoen")


def broken_toml(folder):
    edit(folder / "facts.toml", "[fund]", "[fund")


def naive_moment(folder):
    edit(folder / "facts.toml", "2019-09-02T23:59:00+02:00 # the page", "2019-09-02T23:59:00")


def same_title_twice(folder):
    shutil.copy(folder / f"pages/{INTEGRATION}.txt", folder / "pages/nog-eens.txt")


def facts_without_a_part(folder):
    edit(folder / "facts.toml", "[fund]", "[fonds]")


def no_fund(folder):
    for page in folder.glob("pages/*.txt"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text[: text.index("Jouw VLEVA-contact")], encoding="utf-8")


def no_facts(folder):
    (folder / "facts.toml").unlink()


def no_pages(folder):
    shutil.rmtree(folder / "pages")


REFUSALS = {
    broken_page: f"{CALL_02}, regel ",
    page_not_utf8: f"{CALL_02}.txt is geen UTF-8: ",
    facts_of_no_page: f"facts.toml: er is geen pagina {INTEGRATION}",
    two_codes: "amif-2017-ag-inte-03: de pagina en facts.toml geven elk een andere code",
    amount_not_on_the_page: f"{INTEGRATION}: het bedrag 1320069.54 uit facts.toml staat niet op de pagina",
    unknown_theme_of_the_fund: "facts.toml kent het thema Migratie niet",
    unknown_theme_of_a_call: f"{CALL_02}: facts.toml noemt bij themes iets dat niet bestaat: integratie",
    unknown_type_of_a_call: f"{INTEGRATION}: facts.toml noemt bij applicant_types iets dat niet bestaat: ocmws",
    other_name_of_the_fund: "facts.toml: het fonds heet op de pagina's Fonds voor Asiel, Migratie en Integratie",
    funds_that_contradict: f"{INTEGRATION}: het blok over het fonds zegt iets anders dan een vorige pagina (budgets)",
    broken_toml: "facts.toml: ",
    naive_moment: f"{INTEGRATION}: 2019-09-02 23:59:00 in facts.toml heeft geen tijdzone",
    same_title_twice: "nog-eens: er is al een pagina met dezelfde titel",
    facts_without_a_part: "facts.toml: [fund] ontbreekt",
    no_fund: "geen enkele pagina toont het fonds",
    no_facts: "facts.toml",
    no_pages: "facts.toml: er is geen pagina amif-2017-ag-inte-03, ",
}


@pytest.mark.parametrize("damage", REFUSALS, ids=lambda damage: damage.__name__)
def test_what_does_not_fit_is_refused_and_nothing_is_written(folder, damage):
    damage(folder)
    before = files(folder)
    with pytest.raises(CommandError) as refused:
        build(folder)
    assert files(folder) == before
    assert REFUSALS[damage] in str(refused.value)
    assert str(refused.value).endswith(NOTHING)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match=NOTHING):
        build(tmp_path / "weg")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_half_written(folder):
    """When the disk is full at the last file, the first ones stay what they were."""
    edit(folder / "facts.toml", 'migratie = "Migratie"', 'migratie = "Migratie", asiel = "Asiel"')
    before = files(folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before["funds.json"]) + 500, hard))
    try:
        with pytest.raises(CommandError, match=NOTHING):
            build(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(folder) == before
