"""{% translate %}, {% url %} and {% static %} where nothing in them varies: one language, one release, so made once.

All templates have them, and the other tags of Django's i18n, without {% load %} (TEMPLATES); one that loads i18n or
static gets Django's own.
"""

from django.template import Library, Node
from django.template.base import Variable
from django.template.defaulttags import url as django_url
from django.templatetags import i18n
from django.templatetags.static import StaticNode

register = Library()
register.tags |= i18n.register.tags
register.filters |= i18n.register.filters


class Once(Node):
    """The text that a node gives on whatever page it stands."""

    def __init__(self, node):
        self.node, self.text = node, None

    def render(self, context):
        if self.text is None:
            self.text = self.node.render(context)
        return self.text


@register.tag("translate")
@register.tag("trans")
def translate(parser, token):
    node = i18n.do_translate(parser, token)
    parts = [node.filter_expression, *([node.message_context] if node.message_context else [])]
    varies = node.asvar or any(part.filters or is_looked_up(part.var) for part in parts)
    return node if varies else Once(node)


@register.tag
def url(parser, token):
    node = django_url(parser, token)
    name = node.view_name
    varies = node.asvar or node.args or node.kwargs or name.filters or is_looked_up(name.var) or ":" in name.var
    return node if varies else Once(node)


@register.tag
def static(parser, token):
    node = StaticNode.handle_token(parser, token)
    varies = node.varname or node.path.filters or is_looked_up(node.path.var)
    return node if varies else Once(node)


def is_looked_up(var):
    return isinstance(var, Variable) and var.lookups is not None
