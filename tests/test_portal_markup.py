"""HTML of the EU portal as rich text of this site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.imports.markup import rich
from portal.richtext import sanitize
from tests.fuzzing import examples

HTML = {
    '<div class="eui-u-mt-l>"><h4>Kop</h4><div><p>a</p></div>': "<h3>Kop</h3><p>a</p>",
    '<span class="topicdescriptionkind">Scope:</span>Los<br/>hier': "<h3>Scope</h3><p>Los<br>hier</p>",
    "<h1>a</h1><h2>b</h2><h3>c</h3>": "<h3>a</h3><h3>b</h3><h3>c</h3>",
    "<h3>c</h3><h4>d</h4><h5>e</h5><h6>f:</h6>": "<h3>c</h3><h4>d</h4><h4>e</h4><h4>f</h4>",
    "<h5>e</h5><h4><b>f </b>:<p>g</p></h4>": "<h3>e</h3><h3><strong>f </strong>: g</h3>",
    "<b>a</b> <i>b</i> <u>c</u>": "<p><strong>a</strong> <em>b</em> c</p>",
    "<blockquote>a</blockquote><div>b</div>c": "<p>a</p><p>b</p><p>c</p>",
    "<ul level='0'><li>a</li><li> </li> </ul>": "<ul><li><p>a</p></li></ul>",
    "<ul><li>a<ul><li>b</ul></ul>": "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>",
    "<strong>a<p>b</p></strong>c": "<p><strong>a</strong></p><p><strong>b</strong></p><p>c</p>",
    "<p>a&nbsp;b\u00a0c\u200bd\ufeff\\n\\ne</p>": "<p>a b cd e</p>",
    "<p><br> </br></p><p> </p><p>a<br></p>": "<p>a</p>",
    "<table><tr><th>a<td>b": "<table><tbody><tr><th><p>a</p></th><td><p>b</p></td></tr></tbody></table>",
    '<a href="/info">a</a> <a href="javascript:x">b</a>': "<p>a b</p>",
    "<a href='https://a.example/?x=1&y=2' target=_blank>a</a>": '<p><a href="https://a.example/?x=1&amp;y=2">a</a></p>',
    "<script>alert(1)</script><p onclick=x>a": "<p>a</p>",
    "1 < 2 & 3 > 2": "<p>1 &lt; 2 &amp; 3 &gt; 2</p>",
    "": "",
    "<p style='mso-x:y'></p>": "",
}


@pytest.mark.parametrize("html", HTML)
def test_html_becomes_rich_text(html):
    assert rich(html) == HTML[html]
    assert sanitize(rich(html)) == rich(rich(html)) == rich(html)


@examples(200)
@given(st.text(alphabet='<>/"=& abpulih3\\n:', max_size=60))
def test_whatever_html_holds(html):
    assert sanitize(rich(html)) == rich(html)
