# SPDX-License-Identifier: Apache-2.0
"""International bank account numbers in text (ISO 13616): right by country, length and the check digits (mod 97)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from approvals.text.personal.separators import DASHES, SPACES

# Countries by the length of their IBANs, from the registry of ISO 13616 (SWIFT, release 99).
_BY_LENGTH: Final[Mapping[int, str]] = {
    15: "NO",
    16: "BE",
    18: "DK FK FI FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
LENGTHS: Final[Mapping[str, int]] = {
    country: length for length, countries in _BY_LENGTH.items() for country in countries.split()
}
_START: Final = re.compile(r"(?<![^\W_])[A-Za-z]{2}[0-9]{2}")
_NEXT: Final = re.compile(rf"[{SPACES}.{DASHES}]{{0,2}}([A-Za-z0-9])")


def ibans(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each number begins and ends, and its letters and digits in capitals."""
    for start in _START.finditer(text):
        number, end = start[0].upper(), start.end()
        length = LENGTHS.get(number[:2], 0)
        while len(number) < length:
            following = _NEXT.match(text, end)
            if following is None:
                break
            number, end = number + following[1].upper(), following.end()
        ends_there = not text[end : end + 1].isalnum()
        if length and len(number) == length and ends_there and _is_right(number):
            yield start.start(), end, number


def _is_right(number: str) -> bool:
    rearranged = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in rearranged)) % 97 == 1
