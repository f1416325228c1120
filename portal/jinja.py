"""The environment of the templates in jinja2/: the list, and what stands on every page or many times on one.

Jinja makes them several times as fast as Django. A template there can show one of Django's with `from_django(…)`, and
one of Django's shows one from there with {% jinja … %} (portal/templatetags/fast.py).
"""

import re
from functools import lru_cache
from operator import methodcaller

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override, pgettext_lazy
from jinja2 import Environment, Undefined, pass_context
from jinja2.compiler import CodeGenerator
from jinja2.ext import Extension
from jinja2.lexer import Token
from markupsafe import Markup, escape

from portal.own_pages import nothing_chosen
from portal.templatetags.portal import absolute, day, euro, here, is_followed, moment

SHORT = 200  # characters of a text whose escaped form is worth keeping
SAFE = {Markup, SafeString}


def environment(**options):
    options |= {"trim_blocks": True, "lstrip_blocks": True, "extensions": [Compact, Translated]}
    # The same with and without DEBUG, where Django would have names shown that a page does not know.
    made = LeanEnvironment(**options | {"undefined": Undefined})  # Django's options say that it escapes
    made.globals |= {"from_django": from_django, "calls_in_menu": pgettext_lazy("menu", "Calls")}
    made.globals |= {"saved_in_tag": pgettext_lazy("call", "saved")}
    # Filters where functions would do: Jinja calls them at once, and those of constants while it reads the template.
    made.filters |= {"url": reverse, "static": static, "address": methodcaller("get_absolute_url")}
    made.filters |= {"day": day, "moment": moment, "euro": euro, "number": number, "label": label}
    made.filters |= {"own": own, "is_followed": is_followed}
    made.filters |= {"here": pass_context(here), "absolute": pass_context(absolute)}
    return made


def escaped(value):
    kind = type(value)
    if kind is str and len(value) < SHORT:
        return escaped_once(value)
    return value if kind in SAFE else str(escape(value))


@lru_cache(maxsize=5_000)
def escaped_once(text):
    return str(escape(text))


class Lean(CodeGenerator):
    """Escapes what a page shows into plain text; Jinja makes an object of each piece, which takes longer.

    A Jinja without this door of its code generator escapes as it did.
    """

    def _output_child_pre(self, node, frame, finalize):
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")

    def blockvisit(self, nodes, frame):
        """Put together where it is made: else each piece climbs through every block and template around it."""
        if frame.buffer is not None:
            super().blockvisit(nodes, frame)
            return
        self.buffer(frame)
        super().blockvisit(nodes, frame)
        self.writeline(f"yield concat({frame.buffer})")

    def visit_Include(self, node, frame):
        """Jinja forgets that what is around such a part waits."""
        if not node.with_context:
            self.fail("“without context” would come before all else.", node.lineno)
        super().visit_Include(node, frame)


class LeanEnvironment(Environment):
    code_generator_class = Lean
    escaped = staticmethod(escaped)

    def make_globals(self, d):
        """A plain dict, which each include looks through, where Jinja makes a chain of them."""
        return self.globals | (d or {})


class Compact(Extension):
    """Leaves out how the lines of a template are indented: a third of a list."""

    def preprocess(self, source, name, filename=None):
        return re.sub(r"\n[ \t]+", "\n", source)


class Translated(Extension):
    """_("…") is its translation from the start: the site has one language, and constants cost nothing."""

    def filter_stream(self, stream):
        for token in stream:
            if token.type == "name" and token.value == "_":
                stream.expect("lparen")
                text = stream.expect("string")
                stream.expect("rparen")
                with override(settings.LANGUAGE_CODE):
                    token = Token(text.lineno, "string", gettext(text.value))
            yield token


def number(count):
    """As Django's templates write it."""
    return localize(count) if count > 999 else str(count)


@lru_cache(maxsize=None, typed=True)
def label(choice):
    """Of one of some TextChoices, of which two may have the same value."""
    return str(choice.label)


@pass_context
def from_django(context, name):
    """What a template of Django makes of the same."""
    return render_to_string(name, dict(context.get_all()))


@pass_context
def own(context, about, make):
    """As {% own %}: {{ theme|own(a macro of the theme, `followed` and `chosen_calls`) }}; made once for each theme."""
    given = context.parent  # what the page was given; context[…] takes longer, for each theme of each card
    made, key = given["made"], (make.name, about and about.pk)
    if key not in made:
        known = {name: given.get(name, empty) for name, empty in nothing_chosen().items()}
        page = given["own_page"]
        made[key] = page.part(about, lambda chosen: make(about, **chosen)) if page else make(about, **known)
    return made[key]


def parts(request):
    """What `own` needs once for each page: its own parts as far as they are made, and the page for all users."""
    return {"made": {}, "own_page": getattr(request, "own_page", None)}
