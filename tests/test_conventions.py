"""What holds for the whole tree: layers, sizes, templates, requirements."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from allauth import __file__ as allauth_file
from django import __file__ as django_file
from django.apps import apps
from django.core.management import call_command
from django.db.models import TextField
from django.template.loader import get_template
from packaging.requirements import Requirement

from portal.richtext import RichTextField

ROOT = Path(__file__).parent.parent
APPS = ["contacts", "funds", "calls", "accounts", "portal"]
CODE = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
PYTHON = [*CODE, *sorted(ROOT.glob("tests/*.py")), *sorted(ROOT.glob("bin/*.py"))]
FOLDERS = [ROOT / "templates", ROOT / "jinja2"]
TEMPLATES = {str(path.relative_to(one)): path for one in FOLDERS for path in sorted(one.glob("**/*.*"))}
HTML = {name: path.read_text(encoding="utf-8") for name, path in TEMPLATES.items() if name.endswith(".html")}


def label(path):
    return str(path.relative_to(ROOT))


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def no_comments(html):
    return re.sub(
        r"\{% comment .*?%\}.*?\{% endcomment %\}|\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", html, flags=re.S
    )


# Code ----------------------------------------------------------------------------------------------------------------


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# Which of our apps each may import. portal's shared parts know none; its settings, URLs and home page look at all.
MAY_IMPORT = {"contacts": {"portal"}, "funds": {"contacts", "portal"}, "calls": {"funds", "contacts", "portal"}}
MAY_IMPORT["accounts"] = {"calls", "funds", "contacts", "portal"}
SHARED_NAMES = ("models", "forms", "richtext", "dates", "admin", "middleware", "apps", "templatetags/portal")
SHARED = [f"portal/{name}.py" for name in SHARED_NAMES]


def imported(path):
    """Our own apps that a file imports, `apps.get_model("x.Y")` and the like aside."""
    nodes = list(ast.walk(tree(path)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    relative = [label(path) for node in nodes if isinstance(node, ast.ImportFrom) and node.level]
    return ({name.split(".")[0] for name in names} & set(APPS)) | set(relative)


@pytest.mark.parametrize("path", CODE, ids=label)
def test_imports_point_one_way(path):
    app = path.relative_to(ROOT).parts[0]
    allowed = MAY_IMPORT.get(app, set(APPS)) | {app}
    assert imported(path) - allowed == set()
    if label(path) in SHARED:
        assert imported(path) - {"portal"} == set()


def test_the_shared_parts_are_where_this_test_thinks():
    assert [name for name in SHARED if not (ROOT / name).exists()] == []


def test_files_are_under_300_lines():
    lines = {label(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON}
    assert {name: number for name, number in lines.items() if number >= 300} == {}


def test_templates_are_under_130_lines():
    assert {name: len(html.splitlines()) for name, html in HTML.items() if len(html.splitlines()) >= 130} == {}


def test_functions_are_under_50_lines():
    functions = [
        (f"{label(path)}:{node.name}", node.end_lineno - node.lineno + 1)
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [(name, length) for name, length in functions if length >= 50] == []


def test_no_moment_is_naive(settings):
    naive = re.compile(r"datetime\.now\(\)|\butcnow\(|\butcfromtimestamp\(|\bdate\.today\(|datetime\.today\(")
    assert settings.USE_TZ is True
    assert settings.TIME_ZONE == "Europe/Brussels"
    assert [label(path) for path in CODE if naive.search(path.read_text(encoding="utf-8"))] == []


# Rich text: what is shown as HTML has been sanitised on its way into the database.
PLAIN_TEXTS = {"funds.Fund.notice"} | {f"calls.SearchEntry.{name}" for name in ("code", "title", "names", "text")}


def test_every_long_text_is_rich_text():
    ours = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    texts = [field for model in ours for field in model._meta.local_fields if isinstance(field, TextField)]
    assert {str(field) for field in texts if not isinstance(field, RichTextField)} == PLAIN_TEXTS


def test_only_rich_text_is_shown_as_html():
    names = {
        field.name for model in apps.get_models() for field in model._meta.fields if isinstance(field, RichTextField)
    }
    shown = {name for html in HTML.values() for name in re.findall(r"(\w+)\s*\|\s*rich\b", html)}
    assert (shown - names, len(shown) > 5) == (set(), True)
    unsafe = re.compile(r"\|\s*safe\b|\|\s*safeseq\b|autoescape (?:off|false)")
    assert [name for name, html in HTML.items() if unsafe.search(html)] == []
    marked = [label(path) for path in CODE if re.search(r"mark_safe|Markup\(", path.read_text(encoding="utf-8"))]
    assert marked == ["portal/templatetags/fast.py", "portal/templatetags/portal.py"]


# Templates -----------------------------------------------------------------------------------------------------------


def test_every_template_is_used():
    """Named in code or in another template, or in the place of one of Django's or allauth's."""
    sources = [path.read_text(encoding="utf-8") for path in [*CODE, *TEMPLATES.values()]]
    named = {name for source in sources for name in re.findall(r"[\"']([\w/]+\.(?:html|txt))", source)}
    named |= {f"calls/sections/{section}.html" for section in re.findall(r'"(\w+)"', sections_source())}
    packages = [Path(django_file).parent / "contrib", Path(allauth_file).parent]
    theirs = [str(path) for package in packages for path in package.rglob("templates/**/*.*")]
    replaced = {name for name in TEMPLATES if any(path.endswith(f"templates/{name}") for path in theirs)}
    errors = {"400.html", "403.html", "404.html", "429.html", "500.html"}
    assert set(TEMPLATES) - named - replaced - errors == set()


def sections_source():
    return (ROOT / "calls/sections.py").read_text(encoding="utf-8")


def test_every_named_template_exists():
    pattern = re.compile(r'\{% (?:include|extends) "([^"#]+)')
    for name, html in HTML.items():
        for target in pattern.findall(html):
            assert get_template(target), name
    for path in CODE:
        for target in re.findall(r"\"([a-z0-9][\w/]*\.(?:html|txt))", path.read_text(encoding="utf-8")):
            assert get_template(target), path


def test_every_template_can_be_read():
    for name in TEMPLATES:
        get_template(name)


def test_no_style_script_or_handler_stands_in_a_template():
    inline = re.compile(
        r"<style\b|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|javascript:|<script[^>]*>\s*\S[^<]*</script>"
    )
    # Mail programs know no other styles than those in the mail.
    pages = {name: html for name, html in HTML.items() if not name.startswith("mail/")}
    assert {name: inline.findall(html) for name, html in pages.items() if inline.search(html)} == {}


# Names and signs that are the same in every language, and names of cookies.
SAME_IN_DUTCH = {"VLEVA", "JSON", "T", "sessionid", "csrftoken", "messages"}
SHOWN_ATTRIBUTES = r'\s(?:alt|title|aria-label|placeholder|summary)="([^"]*)"'


def own_words(html):
    """The words that stand in a template itself: not in a translation, not from a variable."""
    html = re.sub(r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}", " ", no_comments(html), flags=re.S)
    html = re.sub(r"\{% setvar \w*tags %\}.*?\{% endsetvar %\}|\{%.*?%\}|\{\{.*?\}\}", " ", html, flags=re.S)
    shown = re.findall(SHOWN_ATTRIBUTES, html) + re.findall(r'name="description" content="([^"]*)"', html)
    text = re.sub(r"<!.*?>|<(script|style)\b.*?</\1>", " ", html, flags=re.S)
    text = re.sub(r"<[^>]*>", " ", text, flags=re.S)
    return set(re.findall(r"[^\W\d_]+", " ".join([text, *shown]))) - SAME_IN_DUTCH


def test_every_visible_text_is_translated():
    assert {name: own_words(html) for name, html in HTML.items() if own_words(html)} == {}


def test_words_in_a_template_would_be_seen():
    html = '<p title="Kop">{% translate "a" %} Los <b>{{ woord }}</b>{# x #}</p>'
    assert own_words(html + "{% blocktranslate %}b{% endblocktranslate %}") == {"Kop", "Los"}


# Requirements --------------------------------------------------------------------------------------------------------


def pins(name):
    """{package: version} of a lock file."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / name).read_text(encoding="utf-8").lower(), re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_hold_hashes_and_no_address(name):
    text = re.sub(r"^ *#.*\n", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    entries = re.split(r"\n(?=\S)", text.strip())
    entry = re.compile(r"[\w.-]+==[\w.]+( ; [^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+")
    assert [found for found in entries if not entry.fullmatch(found.rstrip())] == []
    assert "://" not in text


def test_requirements_are_in_step_with_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = [Requirement(text) for text in project["project"]["dependencies"]]
    development = [Requirement(text) for text in project["dependency-groups"]["dev"]]
    for needed, name in [(runtime, "requirements.txt"), (runtime + development, "requirements-dev.txt")]:
        locked = pins(name)
        assert [str(need) for need in needed if not need.specifier.contains(locked.get(need.name.lower(), "0"))] == []
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_nothing_names_a_registry_or_a_path_of_one_machine():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    foreign = re.compile(
        r"pypi\.[o]rg|python[h]osted|npm[j]s\.(?:org|com)|crates\.[i]o|(?<![\w.<])/(?:root|home|work|Users)/\w"
    )
    tracked = [ROOT / name for name in names.split("\0") if name]
    found = {}
    for path in tracked:
        if path.is_file() and path.suffix not in {".woff2", ".png"}:
            hits = [hit.group() for hit in foreign.finditer(path.read_text(encoding="utf-8"))]
            found |= {label(path): hits} if hits else {}
    assert found == {}
