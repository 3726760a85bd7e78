# SPDX-License-Identifier: Apache-2.0
"""Keeps the lists that searches and sweeps walk: adds hints, and takes away those that are no longer true.

A hint is written by whoever comes first for all who wait, so that under load many calls share one write.
"""

import secrets
from collections.abc import Collection, Iterable
from contextlib import suppress

from approvals.clock import Clock
from approvals.errors import ApprovalError
from approvals.store.cursor import Position
from approvals.store.dify.directory import Directory
from approvals.store.dify.index_entries import (
    SETTLED_SECONDS,
    Hint,
    age,
    decode_hints,
    encode_hints,
    shard_key,
    shard_name,
    slot_of,
)
from approvals.store.dify.index_keys import Place, final, month_of
from approvals.store.dify.index_scan import Sighting, Walk
from approvals.store.dify.shards import NEARLY_FULL, OwnShards, Shard
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState

type Listed = tuple[str, str]
"""A hint by its time and request id."""


class Buckets:
    """The lists of one workspace, through one call's storage."""

    def __init__(self, storage: KeyValue, state: WorkspaceState, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._locks = state.locks
        self._own: OwnShards = state.shards
        self._directory = Directory(storage, state.listings, state.locks)

    def add(self, place: Place, request_id: str) -> bool:
        """Lists a record at a place. When this returns, the hint is stored. True when that opened a new shard."""
        added = self._own.append(place, request_id, self._clock.now())
        shard, hint, count = added or self._appended_to_new(place, request_id)
        key = shard.key
        try:
            shard.writes.join(self._locks.hold(key), lambda: self._storage.set(key, self._own.content(shard)))
        except BaseException:
            self._own.discard(shard, [hint])
            raise
        if count == NEARLY_FULL:
            return self._opened_ahead(place)
        return added is None and count == 1  # the others found the shard open when their turn came

    def drop(self, place: Place, request_id: str) -> None:
        """Takes a record off a list in memory. What is stored follows with the list's next write, or by a walk."""
        self._own.drop(place, request_id)

    def walk(
        self, series: Collection[str], before: Position | None = None, *, newest_first: bool = False
    ) -> Walk:
        """Everything these series list now and that comes before a position. Some of it may be untrue."""
        return Walk(
            self._storage, self._directory, self._own.snapshot(series), before, newest_first=newest_first
        )

    def sample(self, series: str, count: int) -> list[Sighting]:
        """Some hints of a shard that nobody appends to any more, picked by chance; none where hints stay true."""
        if final(series):
            return []
        months = [month for month in self._directory.months() if month.startswith(f"{series}/")]
        if not months:
            return []
        listed = self._directory.shards(series, secrets.choice(months).partition("/")[2])
        settled = [name for name in listed if self._settled(name)]
        if not settled:
            return []
        name = secrets.choice(settled)
        hints = decode_hints(self._storage.get(shard_key(series, name)) or encode_hints([]))
        some = secrets.SystemRandom().sample(hints, min(count, len(hints)))
        return [Sighting(series, name, hint) for hint in some]

    def clean(self, untrue: Iterable[Sighting], missing: Iterable[tuple[str, str]] = ()) -> None:
        """Removes hints that nobody can make true any more, and the names of shards that are not stored.

        What is too young to be touched stays, and so does everything when the storage fails: it costs a look
        each time it is walked over.
        """
        by_shard: dict[tuple[str, str], list[Hint]] = {shard: [] for shard in missing}
        for one in untrue:
            by_shard.setdefault((one.series, one.shard), []).append(one.hint)
        for (series, name), hints in by_shard.items():
            own = self._own.by_name(name)
            if own is not None:
                self._own.discard(own, hints)
            elif self._settled(name):
                with suppress(ApprovalError):
                    self._rewrite(series, name, {(hint.at, hint.request_id) for hint in hints})

    def forget(self, gone: Iterable[tuple[Place, str]]) -> None:
        """Takes removed records off the lists where they stood, each list once. Raises `store_unavailable`."""
        by_slot: dict[tuple[str, str], set[Listed]] = {}
        for place, request_id in gone:
            by_slot.setdefault((place.series, place.slot), set()).add((place.at, request_id))
        for (series, slot), listed in by_slot.items():
            for name in self._directory.shards(series, month_of(slot)):
                if slot_of(name) == slot:
                    self._take_off(series, name, listed)

    def _take_off(self, series: str, name: str, listed: set[Listed]) -> None:
        own = self._own.by_name(name)
        if own is not None:
            for at, request_id in listed:
                self._own.drop(Place(series, at), request_id)
            own.writes.join(
                self._locks.hold(own.key), lambda: self._storage.set(own.key, self._own.content(own))
            )
        elif self._settled(name):
            self._rewrite(series, name, listed)

    def _appended_to_new(self, place: Place, request_id: str) -> tuple[Shard, Hint, int]:
        with self._locks.hold(f"new shards of {place.series}"):
            # Whoever held the lock before may have opened one.
            while (added := self._own.append(place, request_id, self._clock.now())) is None:
                self._open(place)
            return added

    def _opened_ahead(self, place: Place) -> bool:
        """True when a shard was opened, so that nobody has to wait for one. Where that fails, others will try."""
        with suppress(ApprovalError), self._locks.hold(f"new shards of {place.series}"):
            self._open(place)
            return True
        return False

    def _open(self, place: Place) -> None:
        now = self._clock.now()
        name = shard_name(place.slot, now, secrets.token_hex(4))
        self._directory.add(place.series, name)
        self._own.open(Shard(place.series, name))
        with suppress(ApprovalError):
            for done in self._own.reap(now):
                self._delete(done.series, done.name)

    def _rewrite(self, series: str, name: str, untrue: set[Listed]) -> None:
        raw = self._storage.get(shard_key(series, name))
        hints = [] if raw is None else decode_hints(raw)
        left = [hint for hint in hints if (hint.at, hint.request_id) not in untrue]
        if not left:
            self._delete(series, name)
        elif len(left) < len(hints):
            self._storage.set(shard_key(series, name), encode_hints(left))

    def _delete(self, series: str, name: str) -> None:
        self._storage.delete(shard_key(series, name))
        self._directory.remove(series, name)

    def _settled(self, name: str) -> bool:
        return self._own.by_name(name) is None and age(name, self._clock.now()) >= SETTLED_SECONDS
