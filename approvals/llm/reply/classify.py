# SPDX-License-Identifier: Apache-2.0
"""From what an error says to the kind of failure: known codes first, words after them, the status last.

What codes, statuses and words mean is data, in known_errors.toml.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from approvals.llm.failures import FailureKind
from approvals.llm.reply.complaint import Complaint
from approvals.llm.reply.waiting import named_wait, reset_wait


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
    """What the words mean, and the statuses that it may be said with."""

    meaning: T
    pattern: re.Pattern[str]
    statuses: frozenset[int]


def _normalised(code: str) -> str:
    """A code without case and punctuation: `ModelNotFound`, `model_not_found` and `model-not-found` are one."""
    return "".join(character for character in code.casefold() if character.isalnum())


_DATA: Final = tomllib.loads(Path(__file__).with_name("known_errors.toml").read_text(encoding="utf-8"))


def _codes[T: StrEnum](rows: Mapping[str, str], meanings: type[T]) -> dict[str, T]:
    return {_normalised(code): meanings(name) for name, codes in rows.items() for code in codes.split()}


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    expression = "|".join(words)
    for name, part in _DATA["parts"].items():
        expression = expression.replace(f"<{name}>", part)
    return re.compile(expression, re.IGNORECASE)


def _numbers(ranges: str) -> frozenset[int]:
    """The numbers in a text such as `200 499-599`."""
    ends = [part.partition("-") for part in ranges.split()]
    return frozenset(status for low, _, high in ends for status in range(int(low), int(high or low) + 1))


def _rows[T: StrEnum](rows: Sequence[Mapping[str, Any]], meanings: type[T]) -> tuple[Row[T], ...]:
    return tuple(
        Row(meanings(row["means"]), _pattern(row["words"]), _numbers(row.get("statuses", "0-999")))
        for row in rows
    )


_KNOWN_CODES: Final = _codes(_DATA["codes"], FailureKind)
_FEATURE_CODES: Final = _codes(_DATA["feature_codes"], Feature)
_GENERAL_CODES: Final = _codes(_DATA["general_codes"], FailureKind)
_STATUSES: Final = {int(status): FailureKind(kind) for status, kind in _DATA["statuses"].items()}
_MEANINGS: Final = _rows(_DATA["meanings"], FailureKind)
_FEATURES: Final = _rows(_DATA["features"], Feature)
_WORDS: Final = {name: _pattern(words) for name, words in _DATA["words"].items()}
_OVERRULED_BY_A_WAIT: Final = frozenset(map(FailureKind, _DATA["overruled_by_a_wait"].split()))
_FEATURE_STATUSES: Final = _numbers(_DATA["feature_statuses"])
_FEATURE_PARAMETERS: Final = {name: Feature(feature) for name, feature in _DATA["feature_parameters"].items()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error means.

    `status` is the one that the error itself names, else that of the reply. `feature` is the part of the request that
    was refused. `is_certain` is False where only the status or a general code speaks. `no_room`: the answer did not
    fit into the tokens it was given. `by_proxy`: the words are those of a proxy, not of the endpoint.
    """

    kind: FailureKind
    status: int
    wait: float | None = None
    feature: Feature | None = None
    is_certain: bool = False
    no_room: bool = False
    by_proxy: bool = False


def classify(status: int, headers: Mapping[str, str], complaint: Complaint, now: datetime) -> Verdict:
    """What a reply with `status` and this complaint means. `headers` have names in lower case."""
    own = _own_status(status, complaint)
    named = named_wait(headers, complaint, now)
    by_proxy = _is_from_proxy(own, headers, complaint)
    if by_proxy and own < 500 and own != 429:  # noqa: PLR2004
        return Verdict(FailureKind.PROXY_REFUSED, own, is_certain=True, by_proxy=True)
    if complaint.page is not None:
        return Verdict(_by_status(own), own, named, is_certain=True, by_proxy=by_proxy)
    text = complaint.text
    no_room = _WORDS["no_room"].search(text) is not None
    too_long = own != 429 and _WORDS["too_long"].search(text)  # noqa: PLR2004
    if no_room or too_long or own == 413 or _WORDS["too_large"].search(text):  # noqa: PLR2004
        return Verdict(FailureKind.REQUEST_REFUSED, own, is_certain=True, no_room=no_room)
    kind, feature, is_certain = _kind(own, complaint)
    if named is not None and feature is None and kind in _OVERRULED_BY_A_WAIT and own < 500:  # noqa: PLR2004
        kind, is_certain = FailureKind.RATE_LIMITED, True
    if kind is FailureKind.RATE_LIMITED and not named:
        named = reset_wait(headers, complaint, now) or named
    return Verdict(kind, own, named, feature, is_certain)


def _own_status(status: int, complaint: Complaint) -> int:
    """An error that a gateway passes on, or hides behind a 200, has a status of its own."""
    passed_on = status in (200, 400) or status >= 500  # noqa: PLR2004
    return complaint.statuses[0] if passed_on and complaint.statuses else status


def _is_from_proxy(status: int, headers: Mapping[str, str], complaint: Complaint) -> bool:
    """True when a proxy or a firewall answered in the endpoint's place."""
    if status == 407 or "x-squid-error" in headers or _WORDS["proxy_text"].match(complaint.text):  # noqa: PLR2004
        return True
    return complaint.page is not None and (
        status in (400, 403) or _WORDS["proxy_words"].search(complaint.page) is not None
    )


def _kind(status: int, complaint: Complaint) -> tuple[FailureKind, Feature | None, bool]:
    """The kind, the part of the request that it is about, and whether a code or words say so."""
    codes = [part for code in complaint.codes for part in _parts(code)]
    for code in codes:
        if code in _FEATURE_CODES:
            return FailureKind.REQUEST_REFUSED, _FEATURE_CODES[code], True
        if code in _KNOWN_CODES:
            return _KNOWN_CODES[code], None, True
    if feature := _feature(status, complaint):
        return FailureKind.REQUEST_REFUSED, feature, True
    said = _first(_MEANINGS, status, complaint.text)
    if said is not None:
        return said, None, True
    if status not in _STATUSES or status == 400:  # noqa: PLR2004 - a status that says little
        for code in codes:
            if code in _GENERAL_CODES:
                return _GENERAL_CODES[code], None, False
    return _by_status(status), None, False


def _by_status(status: int) -> FailureKind:
    if status in _STATUSES:
        return _STATUSES[status]
    if 400 <= status < 500:  # noqa: PLR2004
        return FailureKind.REQUEST_REFUSED
    if status == 200:  # noqa: PLR2004 - an error that says nothing known; another attempt may fare better
        return FailureKind.TRY_AGAIN
    return FailureKind.SERVER_ERROR if status >= 500 else FailureKind.REPLY_MALFORMED  # noqa: PLR2004


def _parts(code: str) -> list[str]:
    """A code, and the parts of one such as `RateLimitExceeded.EndpointTPMExceeded`."""
    return [_normalised(part) for part in (code, *code.split("."))]


def _feature(status: int, complaint: Complaint) -> Feature | None:
    """The part of the request that the error names, by its parameter or in words."""
    if status not in _FEATURE_STATUSES:
        return None
    for parameter in complaint.parameters:
        if feature := _FEATURE_PARAMETERS.get(parameter.partition(".")[0]):
            return feature
    return _first(_FEATURES, status, complaint.text)


def _first[T](rows: tuple[Row[T], ...], status: int, text: str) -> T | None:
    for row in rows:
        if status in row.statuses and row.pattern.search(text):
            return row.meaning
    return None
