"""What the templates in jinja2/ make for those of Django."""

from django import template
from django.template import engines
from django.utils.safestring import mark_safe

from calls.cards import SAVED, Card, card_of
from portal.own_pages import nothing_chosen

register = template.Library()


@register.simple_tag(takes_context=True)
def jinja(context, name, **more):
    """A template of jinja2/, which knows what this one knows and more."""
    own = {name: context.get(name, empty) for name, empty in nothing_chosen().items()}
    own_page = getattr(context.get("request"), "own_page", None)
    about_us = {
        "own": own,
        "own_page": own_page,
        "has_own_parts": own_page or any(own["chosen_calls"].values()),
        "made": {},
        "saved": SAVED,
        "heading": "h3",
    }
    return mark_safe(engines["jinja2"].get_template(name).render(context.flatten() | about_us | more))


@register.simple_tag(takes_context=True)
def cards(context, calls, level=3):
    """A list of cards, under headings of a level; of cards, or of calls that were read with `for_list`."""
    found = [call if isinstance(call, Card) else card_of(call) for call in calls]
    return jinja(context, "cards.html", calls=found, heading=f"h{level}")
