# SPDX-License-Identifier: Apache-2.0
"""Takes secrets out of text: those that were seen in settings, and what looks like one."""

import re
from collections import OrderedDict
from threading import Lock
from typing import Final

HIDDEN: Final = "[hidden]"
_REMEMBERED_AT_MOST: Final = 1_000  # one process serves every workspace of a Dify node
_SHORTEST: Final = 6  # a shorter secret would hide ordinary words

_LOOKS_SECRET: Final = re.compile(
    r"(?P<keep>\bbearer\s+|\bapi[-_]?key[\"']?\s*[:=]\s*[\"']?|\btoken[\"']?\s*[:=]\s*[\"']?|"
    r"\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@]{0,200}:)(?P<secret>[^\s\"'@,;}]{4,})|\b(?P<key>(?:sk|pk|whsec)[-_][A-Za-z0-9_\-]{8,})",
    re.IGNORECASE,
)

_WORDS: Final = ("bearer", "api", "ap\u0131", "token", "://", "sk-", "sk_", "pk-", "pk_", "whsec")
"""The expression matches nothing without one of these, and is ten times as slow as a look for them.

The dotless i is the one letter that counts as another to it and not to `casefold`.
"""

_remembered: OrderedDict[str, None] = OrderedDict()
_lock = Lock()


def remember_secret(secret: str) -> None:
    """From now on `redact` takes this text out wherever it stands."""
    if len(secret) < _SHORTEST:
        return
    with _lock:
        _remembered[secret] = None
        _remembered.move_to_end(secret)
        if len(_remembered) > _REMEMBERED_AT_MOST:
            _remembered.popitem(last=False)


def redact(text: str) -> str:
    """`text` without remembered secrets, bearer tokens, keys, and passwords in URLs."""
    for secret in tuple(_remembered):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    folded = text.casefold()
    if any([word in folded for word in _WORDS]):  # noqa: C419 - nine at once are quicker than one by one
        return _LOOKS_SECRET.sub(lambda found: f"{found['keep'] or ''}{HIDDEN}", text)
    return text
