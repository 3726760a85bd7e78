# SPDX-License-Identifier: Apache-2.0
"""Names and addresses of people, compared as a reader sees them."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import unquote

import idna

from approvals.text.invisible import one_line
from approvals.text.lookalikes import has_lookalikes, plain

_IN_BRACKETS: Final = re.compile(r"<([^<>]*)>")
_AROUND_ADDRESS: Final = re.compile(r"[\s<>()\[\],;|]+")
_MAILTO: Final = "mailto:"
_ENCODED_LABEL: Final = "xn--"
_LABEL_LIMIT: Final = 63  # characters (RFC 1035); decoding takes quadratic time
_FULL_STOP: Final = plain("\u3002")  # ideographic; in the name of a domain it is a dot
_BETWEEN_NAMES: Final = re.compile(r"[._\-\s]+")
# A stroke from another script may stand for any of these, a ring for either of those.
_STROKES_AND_RINGS: Final = str.maketrans({"i": "l", "1": "l", "|": "l", "0": "o"})


@dataclass(frozen=True)
class Name:
    """A name, an address, or both, as someone typed them. `key` is empty when a reader sees no name at all."""

    key: str
    """The address if there is one, else the name; the same for every way of writing it."""
    display: str
    """The name in front of an address; the key of a name without one."""
    has_lookalikes: bool
    unspaced: str = ""
    """The address with the words in front of it as its beginning: `a nn@example.com` may be Ann's. "" without any."""

    @property
    def is_address(self) -> bool:
        """True when the key is an e-mail address."""
        return "@" in self.key

    @cached_property
    def loose_key(self) -> str:
        """The key with all strokes alike and all rings alike."""
        return self.key.translate(_STROKES_AND_RINGS)

    def is_alike(self, other: "Name") -> bool:
        """True when the keys are equal, or a letter of another script makes them look equal."""
        if self.key in {other.key, other.unspaced} or self.unspaced == other.key:
            return True
        return (self.has_lookalikes or other.has_lookalikes) and self.loose_key == other.loose_key

    def is_same(self, other: "Name") -> bool:
        """True when a reader takes both for one person.

        Two addresses are compared as addresses. A name is compared with the name beside an address, and with the name
        that the address spells (`ann.lee@example.com` spells Ann Lee).
        """
        if not self.key or not other.key:
            return False
        if self.is_alike(other):
            return True
        if self.is_address == other.is_address:
            return False
        address, name = (self, other) if self.is_address else (other, self)
        return name.key == address.display or _run_together(name.key) == _spelled_by(address.key)


@lru_cache(maxsize=4_096)
def read_name(text: str) -> Name:
    """What a reader takes a text for. Linear in its length."""
    folded = one_line(plain(text).replace('"', "''"))  # as curly quotes are folded
    display, address, follows_words = _parted(folded)
    key = _key(_trimmed(_unlinked(address)))
    key = _key(_trimmed(_parted(key)[1]))  # without its spaces, an address may stand beside something else
    unspaced = _key(_trimmed(folded)) if follows_words else ""
    return Name(key, _in_order(display) or key, has_lookalikes(text), unspaced)


def _parted(folded: str) -> tuple[str, str, bool]:
    """The name, the address, and whether words and a space come before it. Other text stands in the address's place."""
    bracketed = [part for part in _IN_BRACKETS.findall(folded) if "@" in _unlinked(part)]
    if bracketed:
        return _trimmed(folded[: folded.index("<")]), bracketed[-1], False
    if folded.startswith(_MAILTO) or folded.count("''") % 2:
        return "", folded, False
    written = [
        part for part in _AROUND_ADDRESS.split(folded) if all(_trimmed(half) for half in _halves(part))
    ]
    if not written or written[-1] == folded:
        return "", folded, False
    before, _, behind = folded.rpartition(written[-1])
    in_front = _trimmed(before)
    return in_front or _trimmed(behind), written[-1], bool(in_front) and before[-1].isspace()


def _halves(part: str) -> tuple[str, str]:
    """What stands before and behind the last @; nothing where there is none."""
    local, _, domain = part.rpartition("@")
    return local, domain


def name_key(text: str) -> str:
    """One text for all ways of writing a name or an address; empty when a reader sees none."""
    return read_name(text).key


def same_to_a_reader(one: str, other: str) -> bool:
    """True when a reader takes two names or addresses for the same person's; an empty one is nobody's."""
    return read_name(one).is_same(read_name(other))


def _unlinked(text: str) -> str:
    """What a `mailto:` link stands for, else the text itself."""
    text = text.strip(" ")
    if not text.startswith(_MAILTO):
        return text
    return one_line(plain(unquote(text.removeprefix(_MAILTO).partition("?")[0])))


def _key(text: str) -> str:
    """An address without its tag, quotes and spaces; a name with its family name last."""
    local, at, domain = text.rpartition("@")
    if not at:
        return _in_order(text)
    untagged = local.partition("+")[0] or local
    written = f"{untagged}@{_decoded(domain.replace(_FULL_STOP, '.'))}"
    # What a space kept apart may be two marks on one letter now, which have one order only.
    return _trimmed(plain(written.replace(" ", "").replace("''", "")))


def _in_order(name: str) -> str:
    """`lee, ann` and `ann.lee` as `ann lee`."""
    family, *given = (_trimmed(part) for part in name.split(","))
    if family and len(given) == 1 and given[0]:
        name = f"{given[0]} {family}"
    return _trimmed(_BETWEEN_NAMES.sub(" ", name))


def _decoded(domain: str) -> str:
    """The domain with the letters that Punycode stands for: `xn--bcher-kva.de` is bücher.de."""
    if _ENCODED_LABEL not in domain:
        return domain
    return ".".join(_decoded_label(label) for label in domain.split("."))


def _decoded_label(label: str) -> str:
    if len(label) > _LABEL_LIMIT or not label.startswith(_ENCODED_LABEL):
        return label
    try:
        return idna.decode(label)
    except idna.IDNAError:
        return label


def _trimmed(text: str) -> str:
    """The text without spaces, punctuation and symbols at its ends."""
    start, end = 0, len(text)
    while start < end and not _is_letter_or_digit(text[start]):
        start += 1
    while start < end and not _is_letter_or_digit(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_letter_or_digit(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"


def _spelled_by(address: str) -> str:
    return _run_together(address.partition("@")[0])


def _run_together(name: str) -> str:
    return _BETWEEN_NAMES.sub("", name)
