# SPDX-License-Identifier: Apache-2.0
"""How long an endpoint asks callers to wait: in headers, in fields of the error, or in its words."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from approvals.llm.reply.complaint import Complaint

_LONGEST: Final = 31 * 86_400.0
"""Seconds. What is longer was meant in another unit."""
_UNIX_SECONDS: Final = 1e9
_UNIX_MILLISECONDS: Final = 1e12
_A_MINUTE: Final = 60.0

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION: Final = re.compile(r"(?:\d{1,12}(?:\.\d{0,12})?\s?(?:ms|[smhd])\s?){1,5}", re.IGNORECASE)
_DURATION_PART: Final = re.compile(r"(\d{1,12}(?:\.\d{0,12})?)\s?(ms|[smhd])", re.IGNORECASE)
_NUMBER: Final = r"(\d{1,9}(?:\.\d{1,9})?)"
_UNIT: Final = (
    r"\s?(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d"
    r"|毫秒|秒钟?|分钟?|小时)"
)
_WORDS: Final = re.compile(
    r"(?<!connection )\b(?:(?:try|retry|wait|available|resets?|back off)\b[^.;\n]{0,40}?\b(?:in|after|for)"
    r"|wait(?: at least)?|retry[_-]after)\b\s?:?\s?(?:about |approximately |another )?"
    f"((?:{_NUMBER}{_UNIT}\\s?){{1,4}})",
    re.IGNORECASE,
)
_CHINESE_WORDS: Final = re.compile(rf"((?:{_NUMBER}{_UNIT}){{1,3}})\s?(?:之?后|以后|再)")
_MOMENT_IN_WORDS: Final = re.compile(
    r"\b(?:try|retry|wait|available|resets?)\b[^;\n]{0,40}?\b(?:at|until|after)\s"
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)",
    re.IGNORECASE,
)
_WORD_PART: Final = re.compile(_NUMBER + _UNIT, re.IGNORECASE)
_CHINESE_UNITS: Final = {"毫秒": "ms", "秒": "s", "秒钟": "s", "分": "m", "分钟": "m", "小时": "h"}

_RESET: Final = re.compile(r"(?:x-)?(?:anthropic-)?rate-?limit-(.*-)?reset(-.*)?$")
_RESET_IN_ONE_HEADER: Final = re.compile(r"(?:reset=|;\s?t=)(\d{1,9})")
_REMAINING: Final = re.compile(r"(?:x-)?(?:anthropic-)?rate-?limit-(.*-)?remaining(-.*)?$")


def named_wait(headers: Mapping[str, str], complaint: Complaint, now: datetime) -> float | None:
    """Seconds that the reply names: `Retry-After` and its kin, a field of the error, its words. None where none does.

    `headers` have names in lower case.
    """
    found = [
        _milliseconds(headers.get("retry-after-ms")),
        _milliseconds(headers.get("x-ms-retry-after-ms")),
        _moment_or_seconds(headers.get("retry-after"), now),
        *(_field(name, value, now) for name, value in complaint.waits.items()),
        _moment_or_seconds(complaint.headers.get("retry-after"), now),
        _in_words(complaint.text, now),
    ]
    waits = [seconds for seconds in found if seconds is not None]
    return next((seconds for seconds in waits if seconds > 0), waits[0] if waits else None)


def reset_wait(headers: Mapping[str, str], complaint: Complaint, now: datetime) -> float | None:
    """Seconds until a limit has room again, by the `x-ratelimit-reset-*` headers and their kin.

    That of the limit that is used up; where no header says which, the longest up to a minute, or the shortest.
    """
    both = {**complaint.headers, **headers}
    left = {_pair(_REMAINING, name): value for name, value in both.items() if _REMAINING.match(name)}
    resets = {
        _pair(_RESET, name): seconds
        for name, value in both.items()
        if _RESET.match(name) and (seconds := _until(value, now)) is not None
    }
    if found := _RESET_IN_ONE_HEADER.search(both.get("ratelimit", "")):
        resets.setdefault("", float(found[1]))
    used_up = [seconds for pair, seconds in resets.items() if _is_zero(left.get(pair))]
    if used_up:
        return max(used_up)
    soon = [seconds for seconds in resets.values() if seconds <= _A_MINUTE]
    return max(soon) if soon else min(resets.values(), default=None)


def _pair(pattern: re.Pattern[str], name: str) -> str:
    """What a reset and the count that is left have in common: `requests` of `x-ratelimit-reset-requests`."""
    found = pattern.match(name)
    return "" if found is None else "".join(part or "" for part in found.groups()).strip("-")


def _is_zero(value: str | None) -> bool:
    seconds = _plain_number(value or "")
    return seconds is not None and seconds <= 0


def _field(name: str, value: Any, now: datetime) -> float | None:
    if isinstance(value, Mapping):  # a protobuf duration
        value = value.get("seconds")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return _milliseconds(str(value)) if name.endswith("_ms") else _until(str(value), now)


def _milliseconds(value: str | None) -> float | None:
    seconds = _plain_number(value or "")
    return None if seconds is None else _bounded(seconds / 1000)


def _moment_or_seconds(value: str | None, now: datetime) -> float | None:
    """`Retry-After` (RFC 9110 10.2.3). One that came twice is the longer of both; a unit behind the number is read."""
    if not value:
        return None
    if (seconds := _until(value, now)) is not None:
        return seconds
    found = [seconds for part in value.split(",") if (seconds := _until(part, now)) is not None]
    return max(found, default=None)


def _until(value: str, now: datetime) -> float | None:
    """Seconds from `now`: a number of seconds, a Unix time in seconds or milliseconds, a duration, or a date."""
    value = value.strip()[:100]
    number = _plain_number(value)
    if number is not None:
        if number >= _UNIX_MILLISECONDS:
            number = number / 1000 - now.timestamp()
        elif number >= _UNIX_SECONDS:
            number -= now.timestamp()
        return _bounded(number)
    if _DURATION.fullmatch(value):
        return _bounded(
            sum(float(part) * _UNITS[unit.lower()] for part, unit in _DURATION_PART.findall(value))
        )
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
    for found in (*_WORDS.finditer(text), *_CHINESE_WORDS.finditer(text)):
        return _bounded(_sum(_WORD_PART.findall(found[1])))
    moment = _MOMENT_IN_WORDS.search(text)
    return _until(moment[1], now) if moment else None


def _sum(parts: Iterable[tuple[str, str]]) -> float:
    return sum(float(number) * _UNITS[_unit(unit.lower())] for number, unit in parts)


def _unit(word: str) -> str:
    if word in _CHINESE_UNITS:
        return _CHINESE_UNITS[word]
    return "ms" if word.startswith(("ms", "mil")) else word[0]


def _plain_number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float | None:
    return max(0.0, seconds) if seconds <= _LONGEST else None
