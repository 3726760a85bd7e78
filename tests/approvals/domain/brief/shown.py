# SPDX-License-Identifier: Apache-2.0
"""A brief as people see it: in a mail, with what Dify does to a mail's body, and in a form."""

from html.parser import HTMLParser

import bleach
import markdown
from markdown.extensions.tables import TableExtension
from markdown_it import MarkdownIt

MAIL_TAGS = [
    *("a", "br", "code", "em", "li", "ol", "p", "pre", "strong"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
]
FORM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def in_a_mail(brief: str) -> str:
    """The HTML of a mail: tags stripped, Markdown with tables, then all but a few tags stripped again."""
    body = bleach.clean(brief, tags=[], attributes={}, strip=True)
    html = markdown.markdown(
        body, extensions=[TableExtension(use_align_attribute=True)], output_format="html"
    )
    attributes = {"a": ["href", "title"], "td": ["align"], "th": ["align"]}
    return bleach.clean(html, tags=MAIL_TAGS, attributes=attributes, strip=True)


def in_a_form(brief: str) -> str:
    """The HTML of a form: CommonMark with the tables and the strikethrough of GitHub's."""
    return FORM.render(brief)


class Seen(HTMLParser):
    """The tags of a page in their order, and its words without any space."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert attrs == []

    def handle_data(self, data: str) -> None:
        self.words += "".join(data.split())
