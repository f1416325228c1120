"""The templates in jinja2/: what they escape, translate and put together."""

import pytest
from django.template import engines
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from jinja2 import Undefined
from markupsafe import Markup, escape

from calls.status import DeadlineModel, Status
from portal.jinja import SHORT, escaped, label, short

NASTY = "<script>alert(\"1\")</script> & 'x'"


@pytest.fixture
def jinja():
    return engines["jinja2"].env


@pytest.mark.parametrize(
    "value",
    [
        NASTY,
        NASTY * SHORT,
        Markup(NASTY),
        mark_safe(NASTY),
        gettext_lazy("Deadline unknown"),
        Status.OPEN,
        *("", None, 0, 1, True, 1.0, Undefined()),
    ],
    ids=repr,
)
def test_everything_is_escaped_as_jinja_does_it(value):
    """Whatever was escaped before: a text and the same text as HTML are two things."""
    for other in (NASTY, Markup(NASTY), 1, True):
        escaped(other)
    assert escaped(value) == str(escape(value))


def test_long_texts_and_html_are_not_kept():
    short.cache_clear()
    for value in (NASTY * SHORT, Markup(NASTY), mark_safe(NASTY), "kort", "kort"):
        escaped(value)
    assert (short.cache_info().currsize, short.cache_info().hits) == (1, 1)


def test_a_page_is_escaped_wherever_something_is_put_into_it(jinja):
    """In text, in an attribute, from a macro, a loop, a condition, an include."""
    source = (
        '{% macro shown(x) %}<b title="{{ x }}">{{ x }}</b>{% endmacro %}'
        "{{ text }}{{ shown(text) }}{% for x in [text] %}{{ x or 1 }}{% endfor %}{{ text ~ '<' }}{{ safe }}"
    )
    text = str(escape(NASTY))
    found = jinja.from_string(source).render(text=NASTY, safe=Markup("<i>"))
    assert found == f'{text}<b title="{text}">{text}</b>{text}{text}&lt;<i>'


def test_the_quick_way_is_in_use(jinja):
    """Jinja may change what portal.jinja.Lean overrides: pages stay right, and take longer."""
    code = jinja.compile("{{ x }}", raw=True)
    assert ("environment.escaped(" in code, " escape(" in code.split("def root")[1]) == (True, False)


def test_equal_values_of_two_kinds_have_labels_of_their_own():
    assert Status.UNKNOWN == DeadlineModel.UNKNOWN
    assert [label(choice) for choice in (Status.UNKNOWN, DeadlineModel.UNKNOWN)] == ["Deadline onbekend", "onbekend"]


def test_a_text_is_translated_when_the_template_is_read(jinja):
    code = jinja.compile('<p title="{{ _("Chosen filters") }}">{{ _("not mentioned") }}</p>', raw=True)
    assert """yield '<p title="Gekozen filters">niet vermeld</p>'""" in code
