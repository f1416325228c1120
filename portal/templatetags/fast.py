"""What the templates in jinja2/ make for those of Django."""

from django import template
from django.template import engines
from django.utils import timezone
from django.utils.safestring import mark_safe

from calls.cards import Card, card_of
from portal.jinja import parts

register = template.Library()


@register.simple_tag(takes_context=True)
def jinja(context, name, **more):
    """A template of jinja2/, which knows what this one knows and more."""
    known = context.flatten() | parts(context.get("request")) | more
    return mark_safe(engines["jinja2"].get_template(name).render(known))


@register.simple_tag(takes_context=True)
def cards(context, calls, level=3):
    """A list of cards, under headings of a level; of cards, or of calls that were read with `for_list`."""
    now = timezone.now()
    found = [call if isinstance(call, Card) else card_of(call, now) for call in calls]
    return jinja(context, "calls/_cards.html", calls=found, level=level)


@register.tag
def shell(parser, token):
    """A whole page: what stands between this and {% endshell %} sets the parts that jinja2/shell.html shows."""
    nodes = parser.parse(("endshell",))
    parser.delete_first_token()
    return Shell(nodes)


class Shell(template.Node):
    def __init__(self, nodelist):
        self.nodelist = nodelist

    def render(self, context):
        self.nodelist.render(context)
        return jinja(context, "shell.html")
