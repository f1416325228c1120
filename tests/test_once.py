"""Texts, addresses and files in templates that never vary are made once; all others each time."""

from unittest.mock import patch

import pytest
from django import urls
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import engines
from django.templatetags.static import static
from django.utils import translation

from portal.templatetags.once import Once


def template(text):
    return engines["django"].from_string(text)


def constants(made):
    return len(made.template.nodelist.get_nodes_by_type(Once))


def test_a_text_is_looked_up_once():
    made = template('{% translate "Deadline" %} {% translate "Calls" context "menu" %} {% trans "100% of it" %}')
    texts = {made.render() for _time in range(3)}
    assert (constants(made), texts) == (3, {"Deadline Oproepen 100% of it"})


@pytest.mark.parametrize(
    "text",
    ["{% translate what %}", "{% translate 'Calls' context what %}", "{% translate 'Calls' as name %}{{ name }}"],
)
def test_what_varies_is_made_each_time(text):
    made = template(text)
    assert constants(made) == 0
    assert made.render({"what": "Deadline"}) != "" != made.render({"what": "<b>"})
    assert "<b>" not in made.render({"what": "<b>"})


def test_an_address_without_parts_is_made_once():
    made = template(
        "{% url 'calls' %} {% url 'call' slug %} {% url 'themes' as one %}{{ one }} {% url 'admin:index' %}"
    )
    with patch("django.urls.reverse", wraps=urls.reverse) as reverse:
        texts = {made.render({"slug": slug}) for slug in ("taal", "werk", "taal")}
    assert texts == {f"/oproepen/ /oproepen/{slug}/ /themas/ /beheer/" for slug in ("taal", "werk")}
    names = [call.args[0] for call in reverse.call_args_list]
    assert (constants(made), names.count("calls"), names.count("call")) == (1, 1, 3)


def test_the_address_of_a_file_is_made_once():
    made = template("{% static 'site.css' %} {% static name %} {% static 'icon.svg' as icon %}{{ icon }}")
    with patch.object(staticfiles_storage, "url", wraps=staticfiles_storage.url) as url:
        texts = {made.render({"name": name}) for name in ("site.css", "icon.svg", "site.css")}
    names = [call.args[0] for call in url.call_args_list]
    assert texts == {" ".join(map(static, ["site.css", name, "icon.svg"])) for name in ("site.css", "icon.svg")}
    assert (constants(made), names.count("icon.svg"), names.count("site.css")) == (1, 4, 3)


def test_a_wrong_address_says_so_where_it_is_reached():
    made = template("{% if wanted %}{% url 'nowhere' %}{% endif %}")
    assert made.render() == ""
    with pytest.raises(Exception, match="nowhere"):
        made.render({"wanted": True})


def test_all_other_tags_of_the_library_are_there():
    text = (
        "{% get_current_language as here %}{{ here }} {% blocktranslate %}Calls for {{ theme }}{% endblocktranslate %}"
    )
    assert template(text).render({"theme": "<i>"}) == f"{translation.get_language()} Oproepen voor &lt;i&gt;"
