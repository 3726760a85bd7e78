# SPDX-License-Identifier: Apache-2.0
"""Which shards exist: the platform cannot list keys, so the store keeps lists of its own.

`dir/months` names the months of every series that have shards; `dir/<series>/<month>` names the shards.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from approvals.clock import Clock
from approvals.store.dify.index_keys import month_of
from approvals.store.dify.keyed_locks import NamedLocks
from approvals.store.dify.storage import KeyValue
from approvals.store.envelope import UnreadableError, read_stored
from approvals.store.ttl_cache import REMEMBER_SECONDS, Recent
from approvals.telemetry import get_logger

_log = get_logger(__name__)

MONTHS_KEY = "dir/months"
MAX_LISTINGS = 1_000
_LOCK = "the directory"


@dataclass(frozen=True, slots=True)
class Listing:
    """The names under one key; `revision` counts its writes, so that an old answer is known for one."""

    revision: int = 0
    names: frozenset[str] = frozenset()


class KnownListings:
    """The newest listings that this process wrote or read, by key: the platform may answer with older ones."""

    def __init__(self, clock: Clock) -> None:
        self._guard = Lock()
        self._recent: Recent[str, Listing] = Recent(clock, capacity=MAX_LISTINGS, seconds=REMEMBER_SECONDS)

    def newest(self, key: str, listing: Listing) -> Listing:
        """Remembers a listing, unless a newer one is known: then that is the answer."""
        with self._guard:
            known = self._recent.get(key)
            if known is not None and known.revision > listing.revision:
                return known
            self._recent.put(key, listing)
            return listing

    def get(self, key: str) -> Listing | None:
        """What is known; None when nothing is."""
        return self._recent.get(key)


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    written_as: Literal[1] = Field(alias="schema")
    revision: int
    names: frozenset[str]


class Directory:
    """The lists of one workspace, read and written through one call's storage."""

    def __init__(self, storage: KeyValue, known: KnownListings, locks: NamedLocks) -> None:
        self._storage = storage
        self._known = known
        self._locks = locks

    def months(self) -> frozenset[str]:
        """Every `<series>/<month>` that has shards."""
        return self._read(MONTHS_KEY).names

    def shards(self, series: str, month: str) -> frozenset[str]:
        """The names of a month's shards."""
        return self._read(_key(series, month)).names

    def add(self, series: str, name: str) -> None:
        """Lists a shard. Done before the shard is written, so that none is ever lost."""
        month = month_of(name)
        with self._locks.hold(_LOCK):
            months = self._known.get(MONTHS_KEY) or Listing()
            if f"{series}/{month}" not in months.names:
                self._change(MONTHS_KEY, add=[f"{series}/{month}"])
            self._change(_key(series, month), add=[name])

    def remove(self, series: str, name: str) -> None:
        """Takes a shard off the list. Done after it was deleted, for the same reason."""
        month = month_of(name)
        with self._locks.hold(_LOCK):
            if not self._change(_key(series, month), remove=[name]).names:
                self._change(MONTHS_KEY, remove=[f"{series}/{month}"])

    def _change(self, key: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Listing:
        before = self._read(key)
        names = before.names.union(add).difference(remove)
        if names == before.names:
            return before
        listing = Listing(before.revision + 1, names)
        value = {"schema": 1, "revision": listing.revision, "names": sorted(names)}
        self._storage.set(key, json.dumps(value, separators=(",", ":")).encode())
        return self._known.newest(key, listing)

    def _read(self, key: str) -> Listing:
        return self._known.newest(key, _decode(key, self._storage.get(key)))


def _key(series: str, month: str) -> str:
    return f"dir/{series}/{month}"


def _decode(key: str, raw: bytes | None) -> Listing:
    if raw is None:
        return Listing()
    try:
        stored = read_stored(_Stored, raw, key)
    except UnreadableError as error:
        if not error.damaged:
            raise
        # New requests must be taken nevertheless; what this process remembers of the list is used and written.
        _log.error(
            "list_damaged", consequence="some requests are found by their id only", error=error.message
        )
        return Listing()
    return Listing(stored.revision, stored.names)
