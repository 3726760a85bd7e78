# SPDX-License-Identifier: Apache-2.0
"""The shards that this process opened and still has in memory.

Only the process that opened a shard appends to it, from memory: no stale read can lose a hint, and two
processes never write one shard.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from approvals.store.dify.group_commit import JointWrites
from approvals.store.dify.index_entries import APPEND_SECONDS, Hint, age, encode_hints, shard_key, slot_of
from approvals.store.dify.index_keys import Place

MAX_HINTS = 256
# Whoever adds this one opens the next shard, while the others go on with what is left of this one.
NEARLY_FULL = 192
MAX_SHARDS = 128


@dataclass(eq=False, slots=True)
class Shard:
    """A list of hints under one key, which has had `appended` hints so far."""

    series: str
    name: str
    hints: dict[Hint, None] = field(default_factory=dict)
    appended: int = 0
    writes: JointWrites = field(default_factory=JointWrites)

    @property
    def key(self) -> str:
        """Where the shard is stored."""
        return shard_key(self.series, self.name)

    @property
    def bucket(self) -> tuple[str, str]:
        """The series and slot that it lists."""
        return self.series, slot_of(self.name)

    def takes_hints(self, now: datetime) -> bool:
        """True while it is neither full nor old."""
        return len(self.hints) < MAX_HINTS and age(self.name, now) <= APPEND_SECONDS


class OwnShards:
    """Shards by name, with the whereabouts of every hint in them. No method does I/O."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._current: dict[tuple[str, str], Shard] = {}
        self._by_name: OrderedDict[str, Shard] = OrderedDict()
        self._where: dict[tuple[Place, str], list[tuple[Shard, Hint]]] = {}

    def append(self, place: Place, request_id: str, now: datetime) -> tuple[Shard, Hint, int] | None:
        """Adds a hint: its shard, the hint, and how many that shard has had by then.

        None when no shard takes it: a new one must be opened.
        """
        with self._guard:
            shard = self._current.get((place.series, place.slot))
            if shard is None or not shard.takes_hints(now):
                return None
            hint = Hint(place.at, request_id)
            shard.hints[hint] = None
            shard.appended += 1
            self._where.setdefault((place, request_id), []).append((shard, hint))
            return shard, hint, shard.appended

    def open(self, shard: Shard) -> None:
        """From now on this shard takes the hints of its series and slot."""
        with self._guard:
            self._current[shard.bucket] = shard
            self._by_name[shard.name] = shard
            for oldest in list(self._by_name.values())[:-MAX_SHARDS]:
                self._forget(oldest)

    def drop(self, place: Place, request_id: str) -> None:
        """Removes a record's hints from a place."""
        with self._guard:
            for shard, hint in self._where.pop((place, request_id), ()):
                shard.hints.pop(hint, None)

    def discard(self, shard: Shard, hints: Iterable[Hint]) -> None:
        """Removes these very hints."""
        with self._guard:
            for hint in hints:
                shard.hints.pop(hint, None)
                self._unlink(shard, hint)

    def reap(self, now: datetime) -> list[Shard]:
        """Gives up the shards that have no hint left and take none any more: they may be deleted."""
        with self._guard:
            empty = [shard for shard in self._by_name.values() if not shard.hints]
            done = [s for s in empty if self._current.get(s.bucket) is not s or not s.takes_hints(now)]
            for shard in done:
                self._forget(shard)
            return done

    def by_name(self, name: str) -> Shard | None:
        """The shard, if it is in memory."""
        return self._by_name.get(name)

    def content(self, shard: Shard) -> bytes:
        """A shard's bytes as they would be stored now."""
        with self._guard:
            return encode_hints(shard.hints)

    def snapshot(self, series: Collection[str]) -> dict[str, dict[str, list[Hint]]]:
        """The hints in memory now, by series and shard."""
        with self._guard:
            taken: dict[str, dict[str, list[Hint]]] = {one: {} for one in series}
            for shard in self._by_name.values():
                if shard.series in taken:
                    taken[shard.series][shard.name] = list(shard.hints)
            return taken

    def _forget(self, shard: Shard) -> None:
        del self._by_name[shard.name]
        if self._current.get(shard.bucket) is shard:
            del self._current[shard.bucket]
        for hint in shard.hints:
            self._unlink(shard, hint)

    def _unlink(self, shard: Shard, hint: Hint) -> None:
        where = (Place(shard.series, hint.at), hint.request_id)
        left = [pair for pair in self._where.get(where, ()) if pair[1] is not hint]
        if left:
            self._where[where] = left
        else:
            self._where.pop(where, None)

    def __repr__(self) -> str:
        return f"OwnShards({len(self._by_name)} shards, {len(self._where)} listings)"
