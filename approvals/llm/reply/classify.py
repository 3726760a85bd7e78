# SPDX-License-Identifier: Apache-2.0
"""From what an error says to the kind of failure: known codes first, words after them, the status last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from approvals.llm.failures import FailureKind
from approvals.llm.reply.complaint import Complaint
from approvals.llm.reply.known_errors import (
    FEATURE_CODES,
    FEATURE_WORDS,
    GENERAL_CODES,
    KNOWN_CODES,
    NO_ROOM,
    PROXY_TEXT,
    PROXY_WORDS,
    STATUSES,
    TOO_LARGE,
    TOO_LONG,
    WORDS,
    Feature,
    Row,
    normalised,
)
from approvals.llm.reply.waiting import named_wait, reset_wait

_OVERRULED_BY_A_WAIT: Final = frozenset(
    {
        FailureKind.AUTH,
        FailureKind.NO_BUDGET,
        FailureKind.PATH_UNKNOWN,
        FailureKind.RATE_LIMITED,
        FailureKind.REQUEST_REFUSED,
        FailureKind.TRY_AGAIN,
    }
)
_MAY_NAME_A_FEATURE: Final = frozenset({200, 400, 404, 409, 415, 422, 424, 500, 501})
_PARAMETERS: Final = {
    "response_format": Feature.REPLY_FORMAT,
    "json_schema": Feature.REPLY_FORMAT,
    "max_tokens": Feature.LIMIT_FIELD,
    "temperature": Feature.TEMPERATURE,
}


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
    if NO_ROOM.search(complaint.text):
        return Verdict(FailureKind.REQUEST_REFUSED, own, is_certain=True, no_room=True)
    if own == 413 or TOO_LARGE.search(complaint.text) or (own != 429 and TOO_LONG.search(complaint.text)):  # noqa: PLR2004
        return Verdict(FailureKind.REQUEST_REFUSED, own, is_certain=True)
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
    if status == 407 or "x-squid-error" in headers or PROXY_TEXT.match(complaint.text):  # noqa: PLR2004
        return True
    return complaint.page is not None and (
        status in (400, 403) or PROXY_WORDS.search(complaint.page) is not None
    )


def _kind(status: int, complaint: Complaint) -> tuple[FailureKind, Feature | None, bool]:
    """The kind, the part of the request that it is about, and whether a code or words say so."""
    codes = [part for code in complaint.codes for part in _parts(code)]
    for code in codes:
        if code in FEATURE_CODES:
            return FailureKind.REQUEST_REFUSED, FEATURE_CODES[code], True
        if code in KNOWN_CODES:
            return KNOWN_CODES[code], None, True
    if feature := _feature(status, complaint):
        return FailureKind.REQUEST_REFUSED, feature, True
    said = _first(WORDS, status, complaint.text)
    if said is not None:
        return said, None, True
    if status not in STATUSES or status == 400:  # noqa: PLR2004 - a status that says little
        for code in codes:
            if code in GENERAL_CODES:
                return GENERAL_CODES[code], None, False
    return _by_status(status), None, False


def _by_status(status: int) -> FailureKind:
    if status in STATUSES:
        return STATUSES[status]
    if 400 <= status < 500:  # noqa: PLR2004
        return FailureKind.REQUEST_REFUSED
    if status == 200:  # noqa: PLR2004 - an error that says nothing known; another attempt may fare better
        return FailureKind.TRY_AGAIN
    return FailureKind.SERVER_ERROR if status >= 500 else FailureKind.REPLY_MALFORMED  # noqa: PLR2004


def _parts(code: str) -> list[str]:
    """A code, and the parts of one such as `RateLimitExceeded.EndpointTPMExceeded`."""
    return [normalised(part) for part in (code, *code.split("."))]


def _feature(status: int, complaint: Complaint) -> Feature | None:
    """The part of the request that the error names, by its parameter or in words."""
    if status not in _MAY_NAME_A_FEATURE:
        return None
    for parameter in complaint.parameters:
        if feature := _PARAMETERS.get(parameter.partition(".")[0]):
            return feature
    return _first(FEATURE_WORDS, status, complaint.text)


def _first[T](rows: tuple[Row[T], ...], status: int, text: str) -> T | None:
    for row in rows:
        if (row.statuses is None or status in row.statuses) and row.pattern.search(text):
            return row.meaning
    return None
