"""The environment of the templates in jinja2/: what stands many times on a page, made several times as fast."""

from functools import cache

from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext
from jinja2.ext import Extension
from jinja2.lexer import Token

from jinja2 import Environment, pass_context
from portal.templatetags.portal import day, euro, is_followed, moment


def environment(**options):
    # Django's options say that it escapes.
    made = Environment(trim_blocks=True, lstrip_blocks=True, extensions=[Translated], **options)  # noqa: S701
    made.globals |= {"is_followed": is_followed, "url": cache(reverse)}
    made.filters |= {"day": day, "moment": moment, "euro": euro, "number": number, "label": label, "own": own}
    return made


class Translated(Extension):
    """_("…") is its translation from the start: the site has one language, and constants cost nothing."""

    def filter_stream(self, stream):
        for token in stream:
            if token.type == "name" and token.value == "_":
                _open, text, _close = next(stream), next(stream), next(stream)
                token = Token(text.lineno, "string", gettext(text.value))
            yield token


def number(count):
    """As Django's templates write it."""
    return localize(count) if count > 999 else str(count)


@cache
def label(choice):
    """Of one of some TextChoices."""
    return str(choice.label)


@pass_context
def own(context, about, make):
    """As {% own %}: {{ theme|own(a macro of the theme, `followed` and `chosen_calls`) }}; made once for each theme."""
    made, key = context["made"], (type(about), about and about.pk)
    if key not in made:
        page = context["own_page"]
        made[key] = page.part(about, lambda chosen: make(about, **chosen)) if page else make(about, **context["own"])
    return made[key]
