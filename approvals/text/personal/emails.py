# SPDX-License-Identifier: Apache-2.0
"""E-mail addresses in text."""

import re
from collections.abc import Iterator
from typing import Final

_LOCAL_LIMIT: Final = 64  # characters, RFC 5321
_AT: Final = re.compile("[@\uff20]")
_UNSEEN: Final = "\u00ad\u200b-\u200d\u2060\ufeff"
_LOCAL: Final = re.compile(rf"[\w.!#$%&'*+/=?^`{{|}}~{_UNSEEN}-]+")
_LABEL: Final = rf"[^\W_](?:[\w{_UNSEEN}-]{{0,62}}[^\W_])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


def emails(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each address begins and ends, and one form for all of its spellings."""
    for at in _AT.finditer(text):
        before = text[max(0, at.start() - _LOCAL_LIMIT) : at.start()]
        local, domain = _LOCAL.match(before[::-1]), _DOMAIN.match(text, at.end())
        name = (
            local[0][::-1].lstrip(".'`*/=|{}~") if local else ""
        )  # marks around an address are no part of it
        if name and domain:
            yield at.start() - len(name), domain.end(), f"{name}@{domain[0]}".casefold()
