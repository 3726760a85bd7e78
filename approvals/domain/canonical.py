# SPDX-License-Identifier: Apache-2.0
"""One way to turn data into bytes and bytes into a digest, so that a hash means the same everywhere."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value. Raises `rfc8785.CanonicalizationError` for what JSON cannot hold."""
    return rfc8785.dumps(value)


def digest(value: Any) -> str:
    """The sha256 of the canonical bytes, as 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def text_digest(text: str) -> str:
    """The sha256 of a text's UTF-8 bytes, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def rfc3339(moment: datetime) -> str:
    """An aware time as RFC 3339 text in UTC, with microseconds, so that texts sort as times do."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
