"""The Dutch catalogues are complete: every text of ours has a translation, and every translation is sound."""

import ast
import re
from pathlib import Path

import django
import polib
import pytest
from allauth import __file__ as allauth_file
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
OURS = sorted(ROOT.glob("locale*/nl/LC_MESSAGES/*.po"))
THEIRS = [
    *Path(django.__file__).parent.glob("conf/locale/nl/LC_MESSAGES/django.po"),
    *Path(django.__file__).parent.glob("contrib/*/locale/nl/LC_MESSAGES/django.po"),
    *Path(allauth_file).parent.glob("locale/nl/LC_MESSAGES/django.po"),
]
CODE = [
    path for app in ("contacts", "funds", "calls", "accounts", "portal") for path in sorted((ROOT / app).rglob("*.py"))
]
TEMPLATES = sorted(path for folder in ("templates", "jinja2") for path in (ROOT / folder).rglob("*.*"))
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop"} | PLURAL | CONTEXT
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd%]|\{\w*\}|<[^>]+>")


def label(path):
    return str(path.relative_to(ROOT))


def texts_in(source):
    """Each text that a piece of Python hands to gettext, as (context, text)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GETTEXT and node.args:
            first, *rest = node.args
            if node.func.id in CONTEXT:
                yield ast.literal_eval(first), ast.literal_eval(rest[0])
            elif isinstance(first, ast.Constant):
                yield "", first.value


def texts_of_template(path):
    """The same for a template, by way of the Python that makemessages makes of it."""
    python = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for call in re.findall(r"\b(n?p?gettext|_)(\((?:[^()'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*\))", python):
        yield from texts_in("".join(call).replace(", count)", ", 1)"))


@pytest.fixture(scope="module")
def translated():
    """Every (context, text) that has a Dutch translation, ours or our packages'."""
    files = [polib.pofile(str(path)) for path in [*OURS, *THEIRS]]
    return {(entry.msgctxt or "", entry.msgid) for file in files for entry in file.translated_entries()}


@pytest.mark.parametrize("path", CODE, ids=label)
def test_every_text_in_code_is_translated(translated, path):
    assert set(texts_in(path.read_text(encoding="utf-8"))) - translated == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=label)
def test_every_text_in_a_template_is_translated(translated, path):
    assert set(texts_of_template(path)) - translated == set()


def test_all_texts_are_seen():
    """The search above finds them: in code, in tags, in blocks, with a context and in the plural."""
    templates = {text for path in TEMPLATES for text in texts_of_template(path)}
    code = {text for path in CODE for text in texts_in(path.read_text(encoding="utf-8"))}
    assert {("", "A call must open before its deadline."), ("", "deadline model")} <= code
    assert {
        ("menu", "Calls"),
        ("", "Follow %(theme)s"),
        ("", "%(n)s running"),
        ("", "Skip to the content"),
    } <= templates
    own = {(entry.msgctxt or "", entry.msgid) for entry in polib.pofile(str(ROOT / "locale/nl/LC_MESSAGES/django.po"))}
    assert own - templates - code == set()


@pytest.mark.parametrize("path", OURS, ids=label)
def test_no_translation_is_empty_doubtful_or_left_over(path):
    entries = polib.pofile(str(path))
    assert [entry.msgid for entry in entries if not entry.translated()] == []
    assert [entry.msgid for entry in entries if entry.fuzzy] == []
    assert [entry.msgid for entry in entries.obsolete_entries()] == []
    assert entries.metadata["Language"] == "nl"


@pytest.mark.parametrize("path", OURS, ids=label)
def test_a_translation_holds_the_same_variables_and_tags(path):
    for entry in polib.pofile(str(path)):
        wanted = [sorted(PLACEHOLDER.findall(text)) for text in (entry.msgid, entry.msgid_plural or entry.msgid)]
        for text in [entry.msgstr] if entry.msgstr else entry.msgstr_plural.values():
            assert sorted(PLACEHOLDER.findall(text)) in wanted, entry.msgid
        assert [text.startswith("\n") for text in (entry.msgid, entry.msgstr or entry.msgstr_plural[1])] in (
            [True, True],
            [False, False],
        )


@pytest.mark.parametrize("path", OURS, ids=label)
def test_no_text_is_translated_twice_in_one_catalogue(path):
    keys = [(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path))]
    assert len(keys) == len(set(keys))
