"""What the templates in jinja2/ make for those of Django."""

from django import template
from django.template import engines
from django.utils.safestring import mark_safe

from calls.cards import SAVED, Card, card_of
from portal.own_pages import nothing_chosen

register = template.Library()


@register.simple_tag(takes_context=True)
def cards(context, calls, level=3):
    """A list of cards, under headings of a level; of cards, or of calls that were read with `for_list`."""
    own = {name: context.get(name, empty) for name, empty in nothing_chosen().items()}
    return made(
        "cards.html",
        cards=[call if isinstance(call, Card) else card_of(call) for call in calls],
        level=level,
        saved=SAVED,
        own_page=getattr(context.get("request"), "own_page", None),
        **own,
    )


@register.simple_tag
def filters(groups):
    return made("filters.html", groups=groups)


def made(name, **context):
    return mark_safe(engines["jinja2"].get_template(name).render(context))
