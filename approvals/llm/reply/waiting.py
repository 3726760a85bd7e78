# SPDX-License-Identifier: Apache-2.0
"""How long an endpoint asks callers to wait: in headers, in fields of the error, or in its words."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from approvals.llm.reply.complaint import Complaint

_LONGEST: Final = 31 * 86_400.0
"""Seconds. What is longer was meant in another unit."""
_UNIX_SECONDS: Final = 1e9
_UNIX_MILLISECONDS: Final = 1e12
_A_MINUTE: Final = 60.0

_UNITS: Final = {
    "s": 1.0,
    "m": 60.0,
    "h": 3_600.0,
    "d": 86_400.0,
    "毫": 0.001,
    "秒": 1.0,
    "分": 60.0,
    "小": 3_600.0,
}
"""Seconds, by the first letter of a unit's name; but see `_unit` for milliseconds."""
_PART: Final = (
    r"(\d{1,12}(?:\.\d{0,12})?)\s?(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d"
    r"|毫秒|秒钟?|分钟?|小时)"
)
_DURATION_PART: Final = re.compile(_PART, re.IGNORECASE)
_DURATION: Final = re.compile(rf"(?:{_PART}\s?){{1,5}}", re.IGNORECASE)
_WAIT_IN_WORDS: Final = re.compile(
    r"(?<!connection )\b(?:(?:try|retry|wait|available|resets?|back off)\b[^.;\n]{0,40}?\b(?:in|after|for)"
    r"|wait(?: at least)?|retry[_-]after)\b\s?:?\s?(?:about |approximately |another )?"
    rf"((?:{_PART}\s?){{1,4}})",
    re.IGNORECASE,
)
_WAIT_IN_CHINESE: Final = re.compile(rf"((?:{_PART}){{1,3}})\s?(?:之?后|以后|再)")
_MOMENT_IN_WORDS: Final = re.compile(
    r"\b(?:try|retry|wait|available|resets?)\b[^;\n]{0,40}?\b(?:at|until|after)\s"
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)",
    re.IGNORECASE,
)
_LIMIT_HEADER: Final = re.compile(r"(?:x-)?(?:anthropic-)?rate-?limit-(.*-)?(reset|remaining)(-.*)?$")
_RESET_IN_ONE_HEADER: Final = re.compile(r"(?:reset=|;\s?t=)(\d{1,9})")


def named_wait(headers: Mapping[str, str], complaint: Complaint, now: datetime) -> float | None:
    """Seconds that the reply names: `Retry-After` and its kin, a field of the error, its words. None where none does.

    `headers` have names in lower case.
    """
    found = [
        _milliseconds(headers.get("retry-after-ms", "")),
        _milliseconds(headers.get("x-ms-retry-after-ms", "")),
        _retry_after(headers.get("retry-after", ""), now),
        *(_field(name, value, now) for name, value in complaint.waits.items()),
        _retry_after(complaint.headers.get("retry-after", ""), now),
        _in_words(complaint.text, now),
    ]
    waits = [seconds for seconds in found if seconds is not None]
    return next((seconds for seconds in waits if seconds > 0), waits[0] if waits else None)


def reset_wait(headers: Mapping[str, str], complaint: Complaint, now: datetime) -> float | None:
    """Seconds until a limit has room again, by the `x-ratelimit-reset-*` headers and their kin.

    That of the limit that is used up; where no header says which, the longest up to a minute, or the shortest.
    """
    both = {**complaint.headers, **headers}
    resets: dict[str, float] = {}
    used_up: set[str] = set()
    for name, value in both.items():
        if found := _LIMIT_HEADER.match(name):  # `requests` is the limit of `x-ratelimit-reset-requests`
            limit = "".join(part or "" for part in (found[1], found[3])).strip("-")
            if found[2] == "remaining":
                left = _number(value)
                used_up |= {limit} if left is not None and left <= 0 else set()
            elif (seconds := _until(value, now)) is not None:
                resets[limit] = seconds
    if found := _RESET_IN_ONE_HEADER.search(both.get("ratelimit", "")):
        resets.setdefault("", float(found[1]))
    waits = [seconds for limit, seconds in resets.items() if limit in used_up]
    waits = waits or [seconds for seconds in resets.values() if seconds <= _A_MINUTE]
    return max(waits) if waits else min(resets.values(), default=None)


def _field(name: str, value: Any, now: datetime) -> float | None:
    if isinstance(value, Mapping):  # a protobuf duration
        value = value.get("seconds")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return _milliseconds(str(value)) if name.endswith("_ms") else _until(str(value), now)


def _milliseconds(value: str) -> float | None:
    number = _number(value)
    return None if number is None else _bounded(number / 1000)


def _retry_after(value: str, now: datetime) -> float | None:
    """`Retry-After` (RFC 9110 10.2.3). One that came twice is the longer of both; a unit behind the number is read."""
    if (seconds := _until(value, now)) is not None:
        return seconds
    found = [seconds for part in value.split(",") if (seconds := _until(part, now)) is not None]
    return max(found, default=None)


def _until(value: str, now: datetime) -> float | None:
    """Seconds from `now`: a number of seconds, a Unix time in seconds or milliseconds, a duration, or a date."""
    value = value.strip()[:100]
    number = _number(value)
    if number is not None:
        if number >= _UNIX_MILLISECONDS:
            number = number / 1000 - now.timestamp()
        elif number >= _UNIX_SECONDS:
            number -= now.timestamp()
        return _bounded(number)
    if _DURATION.fullmatch(value):
        return _bounded(_duration(value))
    moment = _moment(value)
    return None if moment is None else _bounded((moment - now).total_seconds())


def _moment(value: str) -> datetime | None:
    """A date of HTTP or of RFC 3339."""
    if not value[:1].isalnum():
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except (ValueError, OverflowError, IndexError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _in_words(text: str, now: datetime) -> float | None:
    """A wait such as "please try again in 1m2.5s", "retry after 20 seconds" or "请在 6 秒后重试"."""
    if found := _WAIT_IN_WORDS.search(text) or _WAIT_IN_CHINESE.search(text):
        return _bounded(_duration(found[1]))
    moment = _MOMENT_IN_WORDS.search(text)
    return _until(moment[1], now) if moment else None


def _duration(text: str) -> float:
    """Seconds of a duration such as `1h2m3.5s`, `2 minutes` or `1分30秒`."""
    return sum(float(number) * _unit(unit.lower()) for number, unit in _DURATION_PART.findall(text))


def _unit(word: str) -> float:
    return 0.001 if word.startswith(("ms", "mil")) else _UNITS[word[0]]


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float | None:
    return max(0.0, seconds) if seconds <= _LONGEST else None
