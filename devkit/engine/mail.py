# SPDX-License-Identifier: Apache-2.0
"""The mails of a Human Input node, made as Dify makes them: with its libraries, its options and its allow list.

Read in Dify's `core/workflow/human_input_adapter.py`. What surprises: all HTML is stripped before the Markdown is
read, so `>` and `&` are escaped by then and quotes are no quotes; headings, images and blockquotes are stripped
after it; a bare address is no link; and the first version of the node fills no variable into the subject.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass

import bleach
import markdown
from graphon.entities.base_node_data import BaseNodeData
from graphon.runtime.runtime_state_protocol import ReadOnlyVariablePool
from graphon.variables.template_resolution import convert_template
from markdown.extensions.tables import TableExtension

from devkit.engine.recipients import URL, email_recipients

# fmt: off
_TAGS = frozenset([
    "a", "br", "code", "em", "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
])
# fmt: on
_ATTRIBUTES: dict[str, list[str]] = {"a": ["href", "title"], "td": ["align"], "th": ["align"]}
_PROTOCOLS = frozenset({"http", "https", "mailto"})


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrives. `markdown` is its body with everything filled in, from which Dify makes the HTML."""

    recipients: tuple[str, ...]
    subject: str
    markdown: str

    @property
    def html(self) -> str:
        """The body as it is sent."""
        return body_html(self.markdown)

    @property
    def text(self) -> str:
        """The words of the body, line by line."""
        return html.unescape(bleach.clean(self.html, tags=[], strip=True))


def mails_of(
    data: BaseNodeData, pool: ReadOnlyVariablePool, recipients: tuple[str, ...], url: str
) -> Iterator[Mail]:
    """The mails that Dify sends for a form at `url`. `recipients` are those of a node of version 2."""
    if data.version == "2":
        template = data.get("message_template")
        subject = convert_template(pool, template["subject"]).text
        body = convert_template(pool, template["body"]).text.replace(URL, url)
        yield Mail(recipients, plain_subject(subject), body)
        return
    for method in data.get("delivery_methods", ()):
        if method["type"] == "email" and method.get("enabled", True):
            config = method["config"]
            body = convert_template(pool, config["body"].replace(URL, url)).text
            yield Mail(tuple(email_recipients(config)), plain_subject(config["subject"]), body)


def body_html(body: str) -> str:
    """A mail's body from its Markdown."""
    stripped = bleach.clean(body, tags=[], attributes={}, strip=True)
    extensions = [TableExtension(use_align_attribute=True)]
    rendered = markdown.markdown(stripped, extensions=extensions, output_format="html")
    return bleach.clean(rendered, tags=_TAGS, attributes=_ATTRIBUTES, protocols=_PROTOCOLS, strip=True)


def plain_subject(subject: str) -> str:
    """A mail's subject: on one line, without tags."""
    one_line = subject.replace("\r", " ").replace("\n", " ")
    return " ".join(bleach.clean(one_line, tags=[], strip=True).split())
