from django import template

register = template.Library()


@register.tag
def own(parser, token):
    """{% own call %}, {% own theme %} or {% own %}: what a user chose about it, or whether they follow any theme.

    Only between this and {% endown %} do `followed` and `chosen_calls` tell it, and only about that.
    """
    about = token.split_contents()[1:]
    nodes = parser.parse(("endown",))
    parser.delete_first_token()
    return Own(parser.compile_filter(about[0]) if about else None, nodes)


class Own(template.Node):
    def __init__(self, about, nodelist):
        self.about, self.nodelist = about, nodelist

    def render(self, context):
        page = getattr(context.get("request"), "own_page", None)
        if page is None:
            return self.nodelist.render(context)

        def make(chosen):
            with context.push(**chosen):
                return self.nodelist.render(context)

        return page.part(self.about and self.about.resolve(context), make)
