# SPDX-License-Identifier: Apache-2.0
"""What codes, statuses and words of errors mean, from known_errors.toml, and the parts of a request they may name."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from approvals.llm.failures import FailureKind


class Feature(StrEnum):
    """A part of a chat request that not every endpoint takes, and that can be asked for in another way or left out."""

    REPLY_FORMAT = "reply_format"
    """`response_format`."""
    SYSTEM_ROLE = "system_role"
    """A message with the role `system`."""
    LIMIT_FIELD = "limit_field"
    """`max_tokens`, or `max_completion_tokens` in its place."""
    TEMPERATURE = "temperature"


class Row[T](NamedTuple):
    """What the words mean, and the statuses that it may be said with (None: any)."""

    meaning: T
    pattern: re.Pattern[str]
    statuses: frozenset[int] | None = None


def normalised(code: str) -> str:
    """A code without case and punctuation: `ModelNotFound`, `model_not_found` and `model-not-found` are one."""
    return "".join(character for character in code.casefold() if character.isalnum())


_DATA: Final = tomllib.loads(Path(__file__).with_name("known_errors.toml").read_text(encoding="utf-8"))


def _codes[T: StrEnum](rows: Mapping[str, str], meanings: type[T]) -> dict[str, T]:
    return {normalised(code): meanings(name) for name, codes in rows.items() for code in codes.split()}


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    expression = "|".join(words)
    for name, part in _DATA["parts"].items():
        expression = expression.replace(f"<{name}>", part)
    return re.compile(expression, re.IGNORECASE)


def _rows[T: StrEnum](rows: Sequence[Mapping[str, Any]], meanings: type[T]) -> tuple[Row[T], ...]:
    return tuple(
        Row(meanings(row["means"]), _pattern(row["words"]), _statuses(row.get("statuses"))) for row in rows
    )


def _statuses(ranges: str | None) -> frozenset[int] | None:
    """The numbers in a text such as `200 499-599`."""
    if ranges is None:
        return None
    ends = [part.partition("-") for part in ranges.split()]
    return frozenset(status for low, _, high in ends for status in range(int(low), int(high or low) + 1))


KNOWN_CODES: Final = _codes(_DATA["codes"], FailureKind)
FEATURE_CODES: Final = _codes(_DATA["feature_codes"], Feature)
GENERAL_CODES: Final = _codes(_DATA["general_codes"], FailureKind)
STATUSES: Final = {int(status): FailureKind(kind) for status, kind in _DATA["statuses"].items()}
WORDS: Final = _rows(_DATA["meanings"], FailureKind)
FEATURE_WORDS: Final = _rows(_DATA["features"], Feature)
NO_ROOM: Final = _pattern(_DATA["words"]["no_room"])
TOO_LARGE: Final = _pattern(_DATA["words"]["too_large"])
TOO_LONG: Final = _pattern(_DATA["words"]["too_long"])
PROXY_WORDS: Final = _pattern(_DATA["words"]["proxy_words"])
PROXY_TEXT: Final = _pattern(_DATA["words"]["proxy_text"])
