# SPDX-License-Identifier: Apache-2.0
"""Reads series of hints in the order of their times, no further than the caller looks."""

import heapq
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from approvals.store.cursor import Position
from approvals.store.dify.directory import Directory
from approvals.store.dify.index_entries import Hint, decode_hints, shard_key, slot_of
from approvals.store.dify.index_keys import Place, month_of
from approvals.store.dify.storage import KeyValue


@dataclass(frozen=True, slots=True)
class Sighting:
    """A hint where it was seen."""

    series: str
    shard: str
    hint: Hint

    @property
    def place(self) -> Place:
        """Where the record should be listed, if the hint is true."""
        return Place(self.series, self.hint.at)

    @property
    def position(self) -> Position:
        """What walks are ordered by."""
        return Position(self.hint.at, self.hint.request_id)


class Walk:
    """One walk over some series. `memory` is what this process's shards listed when the walk began.

    A record that was listed then is seen, even when it moves to another series while the walk goes on.
    `missing` fills with the series and names of shards that the directory lists and the storage does not have.
    """

    def __init__(
        self,
        storage: KeyValue,
        directory: Directory,
        memory: Mapping[str, Mapping[str, Collection[Hint]]],
        before: Position | None = None,
        *,
        newest_first: bool = False,
    ) -> None:
        self._storage = storage
        self._directory = directory
        self._memory = memory
        self._before = before
        self._newest_first = newest_first
        self.missing: list[tuple[str, str]] = []

    def __iter__(self) -> Iterator[Sighting]:
        months = self._directory.months()
        streams = [self._series(series, months) for series in self._memory]
        return heapq.merge(*streams, key=lambda sighting: sighting.position, reverse=self._newest_first)

    def _series(self, series: str, months: Collection[str]) -> Iterator[Sighting]:
        own = self._memory[series]
        listed = {month.partition("/")[2] for month in months if month.startswith(f"{series}/")}
        for month in self._in_order(listed | {month_of(name) for name in own}):
            mine = {name for name in own if month_of(name) == month}
            stored = self._directory.shards(series, month) if month in listed else frozenset()
            for _, shards in groupby(self._in_order(mine | stored), key=slot_of):
                yield from self._slot(series, shards)

    def _slot(self, series: str, names: Iterator[str]) -> Iterator[Sighting]:
        seen = [Sighting(series, name, hint) for name in names for hint in self._hints(series, name)]
        wanted = [one for one in seen if self._before is None or one.position < self._before]
        yield from sorted(wanted, key=lambda sighting: sighting.position, reverse=self._newest_first)

    def _hints(self, series: str, name: str) -> Collection[Hint]:
        own = self._memory[series].get(name)
        if own is not None:
            return own
        raw = self._storage.get(shard_key(series, name))
        if raw is None:
            self.missing.append((series, name))
            return ()
        return decode_hints(raw)

    def _in_order(self, times: Collection[str]) -> list[str]:
        """Months or shard names that can hold something wanted, in the order of the walk."""
        end = None if self._before is None else self._before.at
        within = [time for time in times if end is None or slot_of(time) <= end[: len(slot_of(time))]]
        return sorted(within, reverse=self._newest_first)
