"""Text for what shows no HTML."""

import pytest

from calls.plain import one_line, plain, printable
from portal.richtext import sanitize


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>Een<br>twee</p><p></p>", "Een\ntwee"),
        ("<h3>Kop</h3><p>Tekst  met\n wit</p>", "Kop\nTekst met wit"),
        ("<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>", "• a\n• b"),
        ("<p>1 &lt; 2 &amp; 3&nbsp;%</p>", "1 < 2 & 3 %"),
        ("<table><tr><th>a</th><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ('<p><a href="https://example.org/">example.org</a></p>', "example.org"),
        ('<p><a href="tel:+3221">02 1</a></p>', "02 1 (+3221)"),
        ('<p><a href="https://x.be/?a>b">hier</a>!</p>', "hier (https://x.be/?a>b)!"),
    ],
)
def test_rich_text_becomes_lines(html, text):
    assert plain(sanitize(html)) == text


def test_what_xml_and_calendars_may_not_hold_is_left_out():
    text = "a\x00\x08\tb\r\nc\rd\x1f\x7f\ufffe👩‍🔬"
    assert printable(text) == "a\tb\ncd👩‍🔬"
    assert one_line(text) == "a b cd👩‍🔬"
