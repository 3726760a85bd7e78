# SPDX-License-Identifier: Apache-2.0
"""Reads and writes single records in Dify's storage, so that of two writers in this process one wins."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from approvals.clock import Clock
from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import Tombstone
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.compression import compressed, split, with_room
from approvals.store.dify.entry_resolver import Look
from approvals.store.dify.index import Buckets
from approvals.store.dify.index_keys import Place, places_of
from approvals.store.dify.record_cache import Seen
from approvals.store.dify.room import LISTINGS, room_of
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.faults import (
    already_exists,
    id_of_removed,
    not_found,
    removed,
    store_full,
    unavailable,
    version_conflict,
)
from approvals.store.record_codec import decode_kept, encode_record, encode_tombstone

# No walk over the lists takes longer than this.
_WALK = timedelta(minutes=5)
_SAMPLE = 32


class DifyRecords:
    """The records of one workspace, through one call's storage.

    The platform has no compare-and-set and may answer with old values. So a record is written under a lock of
    this process, and what this process wrote counts for more than an older answer.
    """

    def __init__(self, storage: KeyValue, state: WorkspaceState, clock: Clock, buckets: Buckets) -> None:
        self._storage = storage
        self._state = state
        self._clock = clock
        self._buckets = buckets

    def find(self, request_id: str) -> ApprovalRecord | None:
        """The newest version that the storage or this process knows; None when there is none, or none any more."""
        kept = self.kept(request_id)
        return kept if isinstance(kept, ApprovalRecord) else None

    def load(self, request_id: str) -> ApprovalRecord:
        """The same. Raises `not_found`, which says what is left of a record that was removed."""
        kept = self.kept(request_id)
        if isinstance(kept, ApprovalRecord):
            return kept
        raise not_found(request_id) if kept is None else removed(kept)

    def kept(self, request_id: str) -> ApprovalRecord | Tombstone | None:
        """The newest version, or what is left of the record; None when there never was one."""
        stored = self._storage.get(record_key(request_id))
        record, raw = (None, b"") if stored is None else _decoded(stored)
        seen = self._state.records.seen(request_id)
        if seen is not None and (record is None or record.version < seen.version):
            return self._as_written(request_id, seen)
        if record is not None:
            self._state.records.saw(record, raw, places_of(record))
        return record

    def create(self, record: ApprovalRecord, *, fresh: bool) -> None:
        """Keeps a new record: two writes, and a look first unless its id is `fresh`."""
        raw, request_id = compressed(encode_record(record)), record.request_id
        lock = record_lock(request_id)
        with self._state.locks.hold(lock):
            taken = self._state.records.seen(request_id) is not None
            if taken or (not fresh and self._storage.exists(record_key(request_id))):
                raise self._taken(request_id)
            if self._state.usage.full:
                raise store_full()
            try:
                opened = self._write(record, raw, lock, frozenset(), room_of(record))
            except ApprovalError as error:
                if error.code is ErrorCode.STORE_FULL:  # the platform may have kept it all the same
                    with suppress(ApprovalError):
                        self._storage.delete(record_key(request_id))
                raise
        if opened:
            self._tidy(opened)

    def save(self, record: ApprovalRecord, expected_version: int) -> None:
        """Replaces a version: one write, and one more for each list that the record enters."""
        if record.version <= expected_version:
            raise ValueError(f"version {record.version} does not follow version {expected_version}")
        raw = compressed(encode_record(record))
        lock = record_lock(record.request_id)
        with self._state.locks.hold(lock):
            listed = self._listed(record.request_id, expected_version)
            opened = self._write_in_any_case(record, raw, lock, listed)
        if opened:
            self._tidy(opened)

    def remove(self, record: ApprovalRecord, left: Tombstone) -> None:
        """Puts what is left of a record in its place. Its listings go with the next walk."""
        lock = record_lock(record.request_id)
        with self._state.locks.hold(lock):
            found = self.load(record.request_id)
            if found.version != record.version:
                raise version_conflict(record.request_id, record.version, found.version)
            raw = compressed(encode_tombstone(left))
            with self._state.writing(lock):
                self._storage.set(record_key(record.request_id), raw)
                self._state.records.saw(left, raw, places_of(left))

    def look_at_kept(self) -> Look[ApprovalRecord | Tombstone]:
        """What follows hints to records, and to what is left of them."""
        return Look(
            find=self.kept,
            places=places_of,
            in_doubt=lambda request_id: self._state.in_doubt(record_lock(request_id)),
            moved_lately=lambda _: False,
        )

    def look(self) -> Look[ApprovalRecord]:
        """What follows hints to records."""
        return Look(
            find=self.find,
            places=places_of,
            in_doubt=lambda request_id: self._state.in_doubt(record_lock(request_id)),
            moved_lately=lambda record: record.updated_at + _WALK > self._clock.now(),
        )

    def _listed(self, request_id: str, version: int) -> frozenset[Place]:
        """Where a version is listed. Raises `not_found`, or `version_conflict` when it is not the newest."""
        trusted = self._state.records.trusted(request_id, version)
        if trusted is not None and not self._state.in_doubt(record_lock(request_id)):
            return trusted.places
        record = self.load(request_id)
        if record.version != version:
            raise version_conflict(request_id, version, record.version)
        return places_of(record)

    def in_room_of(self, request_id: str, write: Callable[[], object]) -> None:
        """Writes a small thing about a request, into the room behind its record if there is none else.

        Raises `store_full` where there is no such record or no room.
        """
        if self._tried(write):
            return
        with self._state.locks.hold(record_lock(request_id)):
            known = self.find(request_id) and self._state.records.raw(request_id)
            if not known:
                raise store_full()
            self._storage.set(record_key(request_id), known)
            write()

    def _write_in_any_case(
        self, record: ApprovalRecord, raw: bytes, lock: str, listed: frozenset[Place]
    ) -> list[str]:
        """Writes a version; where the storage is full, into the room behind the version before.

        Raises `store_full` where that is too small. The version before is then what is stored, whatever the platform
        kept of this one.
        """
        request_id, key, cache = record.request_id, record_key(record.request_id), self._state.records
        seen, before, size = (
            cache.seen(request_id),
            cache.raw(request_id),
            self._state.usage.size_of(key) or 0,
        )
        grown: list[str] = []
        if self._tried(lambda: grown.extend(self._write(record, raw, lock, listed, room_of(record)))):
            return grown
        if seen is None or before is None:
            raise store_full()
        self._storage.set(key, before)
        left = size - LISTINGS
        try:
            return self._write(record, raw, lock, listed, 0 if record.state.final else left - len(raw))
        except ApprovalError as error:
            if error.code is ErrorCode.STORE_FULL:
                self._storage.set(key, with_room(before, left - len(before)))
                cache.back_to(request_id, seen, before)
            raise

    def _tried(self, write: Callable[[], object]) -> bool:
        """False when the storage is full, and is not even tried for a while after it was."""
        if self._state.usage.full:
            return False
        try:
            write()
        except ApprovalError as error:
            if error.code is not ErrorCode.STORE_FULL:
                raise
            return False
        return True

    def _write(
        self, record: ApprovalRecord, raw: bytes, lock: str, listed: frozenset[Place], room: int
    ) -> list[str]:
        """Lists a record where it must be, keeps it, takes it off the other lists. Gives the series that grew.

        `room`: bytes to be kept free behind it.
        """
        places, request_id = places_of(record), record.request_id
        with self._state.writing(lock):
            entered = sorted(places - listed)
            grown = [place.series for place in entered if self._buckets.add(place, request_id)]
            self._storage.set(record_key(request_id), with_room(raw, room))
            self._state.records.saw(record, raw, places)
        for place in listed - places:
            self._buckets.drop(place, request_id)
        return grown

    def _tidy(self, grown: list[str]) -> None:
        """Checks a few old hints whenever a series grows by a shard, so that lists that nobody walks stay small."""
        with suppress(ApprovalError):
            for series in grown:
                look = self.look()
                list(look.follow(self._buckets.sample(series, _SAMPLE)))
                self._buckets.clean(look.untrue)

    def _taken(self, request_id: str) -> ApprovalError:
        left = self.kept(request_id)
        return id_of_removed(left) if isinstance(left, Tombstone) else already_exists(request_id)

    def _as_written(self, request_id: str, seen: Seen) -> ApprovalRecord | Tombstone:
        raw = self._state.records.raw(request_id)
        if raw is None:
            raise unavailable(
                f"read request {request_id!r}",
                f"Dify's storage answered with something older than version {seen.version}",
                "try again in five minutes, when its cache has forgotten it",
            )
        return _decoded(raw)[0]


def _decoded(stored: bytes) -> tuple[ApprovalRecord | Tombstone, bytes]:
    """What is stored, and its bytes without the room behind them."""
    raw, packed = split(stored, "a record")
    return decode_kept(raw), packed


def record_key(request_id: str) -> str:
    """Where a record is stored. Ids differ by case, file names may not, so that the key is a digest."""
    return f"rec/{hashlib.sha256(request_id.encode()).hexdigest()}"


def record_lock(request_id: str) -> str:
    """The name of the lock under which a record is written."""
    return f"request {request_id}"
