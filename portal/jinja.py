"""The environment of the templates in jinja2/: what stands many times on a page, made several times as fast."""

from functools import cache

from django.utils.formats import localize
from django.utils.translation import gettext

from jinja2 import Environment, pass_context
from portal.templatetags.portal import day, euro, is_followed, moment


def environment(**options):
    made = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701 - Django's options escape
    # The site has one language: a text is looked up once.
    made.globals |= {"_": cache(gettext), "own": own, "is_followed": is_followed}
    made.filters |= {"day": day, "moment": moment, "euro": euro, "number": number}
    return made


def number(count):
    """As Django's templates write it."""
    return localize(count) if count > 999 else str(count)


@pass_context
def own(context, about, caller):
    """As {% own %}: {% call(followed, chosen_calls) own(call) %} … {% endcall %}."""

    def make(chosen):
        return caller(chosen["followed"], chosen["chosen_calls"])

    page = context["own_page"]
    return page.part(about, make) if page else make(context)
