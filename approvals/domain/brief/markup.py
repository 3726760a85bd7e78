# SPDX-License-Identifier: Apache-2.0
"""Text that somebody else wrote, made to show in Markdown exactly as it was typed.

Without this a request could bring its own links, lists and form fields into the form and the mail. Every sign that
Markdown, HTML, LaTeX or Dify's `{{#…#}}` gives a meaning becomes an entity, which they all show and none obeys. All of
it is one pass over the text.
"""

import re
from collections.abc import Iterable
from typing import Final

_SIGNS: Final = {ord(sign): f"&#{ord(sign)};" for sign in "#*_`[]|{}\\~$!^"}
# What no reader sees but what moves or breaks the words around it: control characters, the marks that turn the
# direction of writing, halves of surrogate pairs.
_REMOVED: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_ESCAPES: Final = {**_SIGNS, ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
# At the start of a line these begin a list, a rule, or make a heading of the line before.
_LINE_START: Final = re.compile(r"[-+=:]|(?<!.)[0-9]{1,9}(?=[.)])")
_HARD_BREAK: Final = "  \n"


def plain(text: str, limit: int = 0) -> str:
    """`text` in one line, cut to `limit` characters if that is not 0; safe anywhere inside a line or at its start."""
    line = " ".join(_REMOVED.sub(" ", text).split())
    if limit and len(line) > limit:
        line = f"{line[: limit - 1].rstrip()}…"
    return _escaped(line)


def plain_lines(text: str) -> str:
    """`text` with its lines and paragraphs, each line without the space around it."""
    lines = [plain(line) for line in text.splitlines()]
    return "\n\n".join(_HARD_BREAK.join(paragraph) for paragraph in _paragraphs(lines))


def bullets(items: Iterable[str]) -> str:
    """A list of lines that are Markdown already; the empty ones are left out."""
    return "\n".join(f"- {item}" for item in items if item)


def strong(markdown: str) -> str:
    """Markdown that stands out. What stands before and behind must be a space or a punctuation mark."""
    return f"**{markdown}**"


def _escaped(line: str) -> str:
    start = _LINE_START.match(line)
    if start is None:
        return line.translate(_ESCAPES)
    end = start.end()
    if start[0].isdigit():  # 1. and 1) begin a list
        return f"{start[0]}&#{ord(line[end])};{line[end + 1 :].translate(_ESCAPES)}"
    return f"&#{ord(line[0])};{line[end:].translate(_ESCAPES)}"


def _paragraphs(lines: list[str]) -> Iterable[list[str]]:
    paragraph: list[str] = []
    for line in lines:
        if line:
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph
