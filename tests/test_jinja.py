"""The templates in jinja2/: what they escape, translate and put together."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.base import Message
from django.shortcuts import render
from django.template import engines
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy, override
from jinja2 import TemplateSyntaxError, Undefined
from markupsafe import Markup, escape

from accounts.sessions import SessionStore
from calls.status import DeadlineModel, Status
from portal.jinja import SHORT, escaped, escaped_once, label, parts

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
    escaped_once.cache_clear()
    for value in (NASTY * SHORT, Markup(NASTY), mark_safe(NASTY), "kort", "kort"):
        escaped(value)
    assert (escaped_once.cache_info().currsize, escaped_once.cache_info().hits) == (1, 1)


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


def test_a_template_and_a_block_give_what_they_make_in_one_piece(jinja):
    source = "a{% for x in xs %}{{ x }}{% endfor %}{% block b %}b{{ xs }}{{ self.c() }}{% endblock %}"
    source += "{% block c scoped %}{% filter upper %}c{{ xs[0] }}{% endfilter %}{% endblock %}"
    code = jinja.compile(source, raw=True)
    assert (code.count("yield concat("), code.count("yield ")) == (3, 6)  # beside each “if 0: yield None”
    assert jinja.from_string(source).render(xs="de") == "adebdeCDCD"


def test_a_part_without_context_is_refused(jinja):
    """Jinja writes it before what is around it, which waits."""
    jinja.compile('{% include "calls/_ignored.html" %}')
    with pytest.raises(TemplateSyntaxError):
        jinja.compile('{% include "calls/_ignored.html" without context %}')


def test_equal_values_of_two_kinds_have_labels_of_their_own():
    assert Status.UNKNOWN == DeadlineModel.UNKNOWN
    assert [label(choice) for choice in (Status.UNKNOWN, DeadlineModel.UNKNOWN)] == ["Deadline onbekend", "onbekend"]


def test_a_text_is_translated_when_the_template_is_read(jinja):
    code = jinja.compile('<p title="{{ _("Chosen filters") }}">{{ _("not mentioned") }}</p>', raw=True)
    assert """'<p title="Gekozen filters">niet vermeld</p>'""" in code


@pytest.mark.parametrize("text", ["{{ _(label) }}", "{{ _ }}", '{{ _("a", "b") }}', "{% for _ in x %}{% endfor %}"])
def test_what_cannot_be_translated_then_is_refused(jinja, text):
    with pytest.raises(TemplateSyntaxError):
        jinja.from_string(text)


def test_the_language_is_the_sites_whoever_reads_a_template_first(jinja):
    with override(None):
        assert jinja.from_string('{{ _("not mentioned") }}').render() == "niet vermeld"


def test_lines_are_not_indented_and_stay_apart(jinja):
    source = "<p>\n    een\n\n\t<b>twee</b>  drie\n</p>"
    assert jinja.from_string(source).render() == "<p>\neen\n\n<b>twee</b>  drie\n</p>"


def test_a_part_of_ones_own_is_made_once_for_each_thing_and_macro(jinja):
    source = (
        "{% macro one(about, followed, chosen_calls) %}een{% endmacro %}"
        "{% macro two(about, followed, chosen_calls) %}{{ followed|length }}{% endmacro %}"
        "{{ none|own(one) }}{{ none|own(two) }}{{ none|own(one) }}"
    )
    made = parts(request=None)
    assert jinja.from_string(source).render(followed=[1, 2], **made) == "een2een"
    assert set(made["made"]) == {("one", None), ("two", None)}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/oproepen/", "/oproepen/?q=niets&weergave=tijdlijn", "/nergens/"])
def test_nothing_is_left_over_where_debug_is_on(client, path, settings):
    """Django would have Jinja show the names of what a page does not know."""
    settings.TEMPLATES = [engine | {"OPTIONS": engine["OPTIONS"]} for engine in settings.TEMPLATES]
    settings.DEBUG = True
    page = client.get(path).text
    assert ("</html>" in page, "{{" in page) == (True, False)


@pytest.mark.django_db
def test_a_message_may_be_html(rf):
    request = rf.get("/")
    request.user, request.session = AnonymousUser(), SessionStore()
    request._messages = [Message(20, format_html("<b>{}</b>", "<i>")), Message(20, "<i>")]
    page = render(request, "privacy.html").content.decode()
    assert "<b>&lt;i&gt;</b></li>" in page
    assert 'info">&lt;i&gt;</li>' in page
