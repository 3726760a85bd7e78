# SPDX-License-Identifier: Apache-2.0
"""Everything personal in a text, of the kinds that are asked for."""

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from approvals.text.personal.cards import cards
from approvals.text.personal.emails import emails
from approvals.text.personal.ibans import ibans
from approvals.text.personal.phones import phones


class PersonalData(StrEnum):
    """A kind of personal data."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"


class Found(NamedTuple):
    """Where something personal stands in a text. `value` is the same for every way of writing it."""

    start: int
    end: int
    kind: PersonalData
    value: str


_FINDERS: Final[Mapping[PersonalData, Callable[[str], Iterator[tuple[int, int, str]]]]] = {
    PersonalData.EMAIL: emails,
    PersonalData.IBAN: ibans,
    PersonalData.CARD: cards,
    PersonalData.PHONE: phones,
}
"""Where two kinds overlap, the earlier one counts."""
_RANK: Final = {kind: rank for rank, kind in enumerate(_FINDERS)}


def find_personal_data(text: str, kinds: Collection[PersonalData]) -> list[Found]:
    """All of it in the order of the text, without overlaps."""
    found = [
        Found(start, end, kind, value)
        for kind, finder in _FINDERS.items()
        if kind in kinds
        for start, end, value in finder(text)
    ]
    found.sort(key=lambda one: (one.start, _RANK[one.kind]))
    return list(_apart(found))


def _apart(found: list[Found]) -> Iterator[Found]:
    """Without what overlaps something of an earlier kind."""
    kept: list[Found] = []
    for one in found:
        if kept and one.start < kept[-1].end:
            if _RANK[one.kind] < _RANK[kept[-1].kind]:
                kept[-1] = one
            continue
        kept.append(one)
    yield from kept
