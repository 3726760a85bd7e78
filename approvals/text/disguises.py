# SPDX-License-Identifier: Apache-2.0
"""Undoes what disguises text: look-alike letters, characters that are not seen, entities, tags, encodings, spacing.

What a person reads and what a model reads differ; each view is one way that a model may read a text. Linear in its
length.
"""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from approvals.text.fold import normalised
from approvals.text.invisible import without_invisible
from approvals.text.lookalikes import plain

# Tags of Unicode, overrides of direction, and four or more invisible characters in a row say things that nobody sees;
# one between two Latin letters splits a word for a machine. Joiners of other scripts and of emoji, marks of direction,
# soft hyphens and a mark at the start are everyday.
_HIDDEN: Final = re.compile(
    "[\u202d\u202e\U000e0001-\U000e007f]"
    "|[\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]{4}"
    "|(?<=[A-Za-z])[\u200b-\u200d\u2060-\u2064\ufeff](?=[A-Za-z])"
)
# Nobody can read it, a machine can. Only at the start of a run of letters, so in one pass.
_LONG_CODE: Final = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{120}")

_TAG: Final = re.compile(r"</?([A-Za-z!][A-Za-z0-9-]{0,20})[^<>]{0,300}>")
_BREAKING_TAGS: Final = frozenset(
    [
        "br",
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "tr",
        "td",
        "th",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "hr",
        "pre",
        "section",
    ]
)
_COMMENT: Final = re.compile(r"<!--|-->")
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2}){2}|%[0-9A-Fa-f]{2}[^%]{0,3}%[0-9A-Fa-f]{2}")
_CODE: Final = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,4000}={0,2}(?![A-Za-z0-9+/_=-])")
_CODE_LINES: Final = re.compile(
    r"(?m)^[ \t>]{0,8}[A-Za-z0-9+/_-]{8,200}[ \t]{0,8}"
    r"(?:\r?\n[ \t>]{0,8}[A-Za-z0-9+/_-]{2,200}={0,2}[ \t]{0,8}){1,400}$"
)
_NOT_CODE: Final = re.compile(r"[^A-Za-z0-9+/_=-]+")
_SPACED: Final = re.compile(r"(?<!\w)(?:\w[ .*_-]{1,3}){6,200}\w(?!\w)")
_NO_LETTER: Final = re.compile(r"[\W_]+")
_SPACED_WORDS: Final = re.compile(
    "ignoreall|ignoreprev|ignorethe|disregard|previousinstruction|autoapprove|riskleve|setrisk|lowrisk"
)
_MOSTLY: Final = 0.9
_DEEPEST: Final = 2


def hides_characters(text: str) -> bool:
    """True when characters that nobody sees stand where honest text has none, or a long run that nobody can read."""
    return bool((not text.isascii() and _HIDDEN.search(text)) or _LONG_CODE.search(text))


def views(text: str) -> Iterator[str]:
    """The text in one case with single spaces, as it stands and with each disguise undone."""
    yield from _forms(text)
    for inner in _unwrapped(text, _DEEPEST):
        yield from _forms(inner)


def _forms(text: str) -> Iterator[str]:
    folded = normalised(text)
    yield folded
    if not folded.isascii():
        yield " ".join(plain(text).split())
    run = " ".join(_NO_LETTER.sub("", found) for found in _SPACED.findall(folded))
    if run and _SPACED_WORDS.search(run):
        yield f"auto_approve {run}"


def _unwrapped(text: str, depth: int) -> Iterator[str]:
    """What stands behind entities, tags and encodings, and behind those in it."""
    found = []
    if "&" in text or "<" in text:
        found.append(_without_tags(html.unescape(_without_tags(text))))
    if "%" in text and _PERCENT.search(text):
        found.append(unquote(text, errors="replace"))
    found += _decoded(text)
    for inner in found:
        if inner != text:
            yield inner
            if depth > 1:
                yield from _unwrapped(inner, depth - 1)


def _without_tags(text: str) -> str:
    """Comments stay, since a model reads them; a tag that breaks no line leaves nothing behind."""
    text = _COMMENT.sub(" ", text)
    return _TAG.sub(lambda tag: " " if tag[1].lower() in _BREAKING_TAGS else "", text)


def _decoded(text: str) -> list[str]:
    """The texts that stand in base64, on one line or wrapped over several; together as one."""
    joined = [_NOT_CODE.sub("", lines) for lines in _CODE_LINES.findall(text)]
    read = [_text_of(code) for code in (*_CODE.findall(text), *joined)]
    together = " . ".join(one for one in read if one)
    return [together] if together else []


def _text_of(code: str) -> str:
    bare = code.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        text = base64.b64decode(bare[: len(bare) - (len(bare) % 4 == 1)] + "=" * (-len(bare) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
    readable = sum(character.isprintable() or character.isspace() for character in text)
    return without_invisible(text) if readable >= _MOSTLY * len(text) else ""
