# SPDX-License-Identifier: Apache-2.0
"""Takes secrets out of what leaves the process: those of the credential set of a call, and what looks like one.

What decides (which error a reply means, which dialect a model takes) reads the raw text; only what is shown, logged or
stored passes here. Linear in the length of the text.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final

from approvals.telemetry.secret_forms import Redactor, secrets_in

HIDDEN: Final = "[hidden]"

_LOOKS_SECRET: Final = re.compile(
    r"(?P<keep>\bbearer\s+(?!tokens?\b|<)|\bapi[-_]?key[\"']?\s*[:=]\s*[\"']?|\btoken[\"']?\s*[:=]\s*[\"']?|"
    r"\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@]{0,200}:)(?P<secret>[^\s\"'@,;}]{4,})|\b(?P<key>(?:sk|pk|whsec)[-_][A-Za-z0-9_\-]{8,})",
    re.IGNORECASE,
)
_WORDS: Final = ("bearer", "api", "ap\u0131", "token", "://", "sk-", "sk_", "pk-", "pk_", "whsec")
"""The expression matches nothing without one of these, and is ten times as slow as a look for them.

The dotless i is the one letter that counts as another to it and not to `casefold`.
"""

_current: Final[ContextVar[Redactor | None]] = ContextVar("redactor of this call", default=None)


@contextmanager
def redacting(credentials: Mapping[str, Any]) -> Iterator[None]:
    """Within it, `redact` and `hide_secrets` take out the secrets of these credentials, as they came from Dify."""
    texts = tuple((name, value) for name, value in credentials.items() if isinstance(value, str))
    token = _current.set(_redactor(texts))
    try:
        yield
    finally:
        try:
            _current.reset(token)
        except ValueError:  # a generator that is closed from another context than it ran in
            _current.set(None)


@lru_cache(maxsize=256)
def _redactor(credentials: tuple[tuple[str, str], ...]) -> Redactor:
    """Built once per credential set."""
    return Redactor(sorted(secrets_in(dict(credentials))), HIDDEN)


def redact(text: str) -> str:
    """`text` without the secrets of the call's credentials, bearer tokens, keys, and passwords in URLs."""
    text = _without_own(text)
    folded = text.casefold()
    if any([word in folded for word in _WORDS]):  # noqa: C419 - ten at once are quicker than one by one
        return _LOOKS_SECRET.sub(lambda found: f"{found['keep'] or ''}{HIDDEN}", text)
    return text


def hide_secrets[T](value: T) -> T:
    """A JSON value without the secrets of the call's credentials in any of its texts.

    What merely looks like a secret stays: requesters write what they like.
    """
    redactor = _current.get()
    if redactor is None:
        return value
    # Looked at once, since most values hold nothing to hide. No escape reaches over a zero.
    together = "\0".join(_texts(value))
    return value if redactor.redacted(together) == together else _hidden(value, redactor)


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, names left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _hidden(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.redacted(value)
    if isinstance(value, dict):
        return {name: _hidden(each, redactor) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(each, redactor) for each in value]
    return value


def _without_own(text: str) -> str:
    redactor = _current.get()
    return redactor.redacted(text) if redactor else text
