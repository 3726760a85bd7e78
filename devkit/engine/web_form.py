# SPDX-License-Identifier: Apache-2.0
"""The content of a form as Dify's web page shows it: GitHub's Markdown with line breaks, and sanitized HTML.

Dify renders in the browser (`web/app/components/base/markdown`), by remark with GFM and breaks and by rehype with
GitHub's sanitizing schema and some tags more. Here the same rules are given to Python libraries, so that tests
see what is lost; colours and math are left out.
"""

import html
import re
from collections.abc import Callable

import bleach
from markdown_it import MarkdownIt

_FIELD = re.compile(r"\{\{#\$output\.([^#]+)#\}\}")
# fmt: off
_TAGS = frozenset([
    "a", "audio", "b", "blockquote", "br", "button", "code", "dd", "del", "details", "div", "dl",
    "dt", "em", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "input", "ins", "kbd",
    "label", "li", "mark", "ol", "p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp",
    "section", "source", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody",
    "td", "textarea", "tfoot", "th", "thead", "tr", "tt", "ul", "var", "variable", "video",
])
# fmt: on
_ATTRIBUTES: dict[str, list[str]] = {
    "*": ["align", "alt", "title"],
    "a": ["href"],
    "code": ["class"],
    "img": ["src"],
    "input": ["type", "name", "value", "checked", "placeholder"],
    "label": ["for"],
    "ol": ["start"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan"],
    "textarea": ["name", "placeholder"],
}
_PROTOCOLS = frozenset({"http", "https", "mailto", "irc", "ircs", "xmpp"})
_ALIGNED = re.compile(r'style="text-align:(left|center|right)"')  # how the library writes a table's alignment
_MARKDOWN = MarkdownIt("gfm-like", {"breaks": True, "html": True})


def content_html(content: str, field: Callable[[str], str]) -> str:
    """The HTML of a form's content. `field(name)` is the HTML of an input; Dify draws it between two documents."""
    pieces = _FIELD.split(content)
    return "".join(field(piece) if number % 2 else _document(piece) for number, piece in enumerate(pieces))


def text_area(name: str, filled: str) -> str:
    """The input of a paragraph, with what it holds at first."""
    return f'<textarea name="{html.escape(name)}">{html.escape(filled)}</textarea>\n'


def _document(text: str) -> str:
    rendered = _ALIGNED.sub(r'align="\1"', _MARKDOWN.render(text))
    return bleach.clean(rendered, tags=_TAGS, attributes=_ATTRIBUTES, protocols=_PROTOCOLS, strip=True)
