"""What a reader sees of a page."""

import re


def text(response):
    """The visible text of a page, without its head."""
    body = response.content.decode().split("<body>")[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&nbsp;", " ").replace("\xa0", " ").split())


def titles(response):
    return re.findall(r'<h[34]><a href="/oproepen/[^"]+" lang="\w\w">([^<]+)</a>', response.content.decode())
