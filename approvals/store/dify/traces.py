# SPDX-License-Identifier: Apache-2.0
"""Traces in Dify's storage: one value for each vendor and each requester, with the newest of their requests.

Whoever comes first writes for all who wait, so that a batch of one requester shares its writes.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from approvals.domain.traces import Trace, newest_first
from approvals.store.compression import compressed, decompressed
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.trace_list import TraceList
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.envelope import UnreadableError, read_stored
from approvals.store.faults import store_full
from approvals.telemetry import get_logger

_log = get_logger(__name__)


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    traces: tuple[Trace, ...]


class DifyTraces:
    """The traces of one workspace, through one call's storage. What this process wrote lately stands."""

    def __init__(self, storage: KeyValue, state: WorkspaceState) -> None:
        self._storage = storage
        self._state = state

    def add(self, owns: Sequence[Trace], since: datetime) -> list[Sequence[Trace]]:
        """Keeps traces, then gives the others of each: a read and a write for each series at most."""
        found: list[list[Sequence[Trace]]] = [[] for _ in owns]
        places: dict[str, list[int]] = {}
        for place, own in enumerate(owns):
            for series in own.series:
                places.setdefault(series, []).append(place)
        for series, of_series in places.items():
            given = self._put(series, [owns[place] for place in of_series], since)
            for place, others in zip(of_series, given, strict=True):
                found[place].append(others)
        return [_of_all(lists) for lists in found]

    def forget(self, own: Trace) -> None:
        """Takes a trace off its series."""
        for series in own.series:
            listed = self._list_of(series)
            listed.drop(own.request_id)
            self._keep(series, listed, grows=False)

    def _put(self, series: str, owns: Sequence[Trace], since: datetime) -> Sequence[Sequence[Trace]]:
        """Puts traces on one list one after the other; gives what each found there.

        Raises `store_full` where there is no room.
        """
        listed = self._list_of(series)
        given = [listed.add(own, since) for own in owns]
        self._keep(series, listed, grows=True)
        return given

    def _list_of(self, series: str) -> TraceList:
        """The list in memory, also while it is being written; else it is read, once for all who want it."""
        listed = self._in_memory(series)
        if listed is not None:
            return listed
        with self._state.locks.hold(_turn(series)):
            listed = self._in_memory(series)
            if listed is None:
                listed = self._state.trace_lists[series] = TraceList(self._read(series))
            return listed

    def _in_memory(self, series: str) -> TraceList | None:
        if self._state.lately_traced.get(series) is None:
            self._state.lately_traced.drop(series)  # another process may have written meanwhile
        return self._state.trace_lists.get(series)

    def _keep(self, series: str, listed: TraceList, *, grows: bool) -> None:
        """Writes a list for all who changed it, unless it is stored as it is. `grows`: it takes more room."""
        if not listed.is_stored:
            listed.writes.join(
                self._state.locks.hold(_turn(series)), lambda: self._write(series, listed, grows=grows)
            )

    def _write(self, series: str, listed: TraceList, *, grows: bool) -> None:
        listed.is_stored = True  # what others change from now on is not in this write
        try:
            self._store(series, listed.encoded(), grows=grows)
        except BaseException:
            listed.is_stored = False
            self._state.lately_traced.drop(series)
            raise
        self._state.lately_traced.put(series, (listed, len(listed)))

    def _store(self, series: str, encoded: bytes, *, grows: bool) -> None:
        if grows and self._state.usage.full:
            raise store_full()
        raw = compressed(encoded, quickly=True)
        with self._state.writing(_turn(series)):
            self._storage.set(traces_key(series), raw)
        self._state.traces.put(series, raw)

    def _read(self, series: str) -> Sequence[Trace]:
        """What is kept; a damaged value gives way, so that it stops no request."""
        raw = self._state.traces.get(series) or self._storage.get(traces_key(series))
        if raw is None:
            return ()
        what = f"the traces of {series}"
        try:
            return traces_in(raw, what)
        except UnreadableError as error:
            if not error.damaged:
                raise
            _log.error("traces_unreadable", series=series, error=error.message)
            return ()


def _of_all(lists: Sequence[Sequence[Trace]]) -> Sequence[Trace]:
    """The traces of several lists, each newest first, as one such list."""
    if len(lists) == 1:
        return lists[0]
    return newest_first({trace.request_id: trace for traces in lists for trace in traces}.values())


def traces_in(raw: bytes, what: str) -> Sequence[Trace]:
    """The traces of a stored series. Raises `UnreadableError`, with `what` in its message."""
    return read_stored(_Kept, decompressed(raw, what), what).traces


def _turn(series: str) -> str:
    """The name of the lock under which a series is read and written."""
    return f"traces of {series}"


def traces_key(series: str) -> str:
    """Where a series is stored."""
    return f"trace/{series}"
