# SPDX-License-Identifier: Apache-2.0
"""Hints, which say where a record may be found, and the shards that they are stored in.

A hint is written before the record, so that a crash leaves a hint to nothing and never a record that
nobody finds. Whoever reads one asks the record whether it is true.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from approvals.store.envelope import UnreadableError, read_stored
from approvals.telemetry import get_logger

_log = get_logger(__name__)

# A shard takes hints for this long. From twice that on it may be rewritten by anyone: nobody appends any
# more, whatever clocks differ by, and the platform's cache has long forgotten what it held before.
APPEND_SECONDS = 3600
SETTLED_SECONDS = 2 * APPEND_SECONDS


@dataclass(frozen=True, eq=False, slots=True)
class Hint:
    """One listing of one record. Two hints with the same words are still two: each ends for itself."""

    at: str
    request_id: str
    encoded: bytes = field(init=False, repr=False)
    """As it stands in its shard, which is written once for every few hints that it gains."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoded", to_json([self.at, self.request_id]))


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    written_as: Literal[1] = Field(alias="schema")
    hints: list[tuple[str, str]]


def encode_hints(hints: Iterable[Hint]) -> bytes:
    """The bytes of a shard."""
    return b'{"schema":1,"hints":[%b]}' % b",".join([hint.encoded for hint in hints])


def decode_hints(raw: bytes) -> list[Hint]:
    """The hints of a shard; none when it was damaged, so that the other shards can be walked all the same.

    Raises `UnreadableError` (`store_unavailable`) for what a newer version wrote.
    """
    try:
        return [Hint(at, request_id) for at, request_id in read_stored(_Stored, raw, "a list").hints]
    except UnreadableError as error:
        if not error.damaged:
            raise
        _log.error(
            "list_damaged", consequence="some requests are found by their id only", error=error.message
        )
        return []


def shard_key(series: str, name: str) -> str:
    """The storage key of a shard."""
    return f"idx/{series}/{name}"


def shard_name(slot: str, opened: datetime, nonce: str) -> str:
    """A name that nobody else gives: the slot, when it was opened, and chance."""
    return f"{slot}.{int(opened.timestamp())}.{nonce}"


def slot_of(name: str) -> str:
    """The slot that a shard lists."""
    return name.partition(".")[0]


def age(name: str, now: datetime) -> float:
    """Seconds since a shard was opened."""
    return now.timestamp() - int(name.split(".")[1])
