# SPDX-License-Identifier: Apache-2.0
"""Traces in Dify's storage: one value for each vendor and each requester, with the newest of their requests.

Whoever comes first writes for all who wait, so that a batch of one requester shares its writes.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from approvals.domain.traces import TRACES_GIVEN, Trace, newest_first
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

    def add(self, own: Trace, since: datetime) -> Sequence[Trace]:
        """Keeps a trace, then gives the others of its series: at most a read and a write for each of the two."""
        found: dict[str, Trace] = {}
        for series in own.series:
            others = self._change(series, own.request_id, lambda listed: _put(listed, own, since))
            given = [trace for trace in newest_first(others) if trace.at >= since][:TRACES_GIVEN]
            found.update({trace.request_id: trace for trace in given})
        return newest_first(found.values())

    def forget(self, own: Trace) -> None:
        """Takes a trace off its series."""
        for series in own.series:
            self._change(series, own.request_id, lambda listed: _drop(listed, own.request_id), grows=False)

    def _change(
        self, series: str, request_id: str, change: Callable[[TraceList], bool], *, grows: bool = True
    ) -> Sequence[Trace]:
        """Changes a series and writes it, unless it was so before; the others in it afterwards.

        `grows`: it takes more room. Raises `store_full` where there is none.
        """
        turn = f"traces of {series}"
        with self._state.locks.hold(turn):
            listed = self._state.trace_lists.get(series)
            if listed is None:
                listed = self._state.trace_lists[series] = TraceList(self._read(series))
            changed = change(listed)
        if changed:
            listed.writes.join(self._state.locks.hold(turn), lambda: self._write(series, listed, grows=grows))
        return [trace for trace in list(listed.by_id.values()) if trace.request_id != request_id]

    def _write(self, series: str, listed: TraceList, *, grows: bool) -> None:
        if grows and self._state.usage.full:
            raise store_full()
        kept = _Kept(traces=tuple(newest_first(listed.by_id.values())))
        raw = compressed(kept.model_dump_json(exclude_defaults=True).encode())
        with self._state.writing(f"traces of {series}"):
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


def _put(listed: TraceList, own: Trace, since: datetime) -> bool:
    if listed.by_id.get(own.request_id) == own:
        return False
    listed.by_id[own.request_id] = own
    listed.prune(since)
    return True


def _drop(listed: TraceList, request_id: str) -> bool:
    return listed.by_id.pop(request_id, None) is not None


def traces_in(raw: bytes, what: str) -> Sequence[Trace]:
    """The traces of a stored series. Raises `UnreadableError`, with `what` in its message."""
    return read_stored(_Kept, decompressed(raw, what), what).traces


def traces_key(series: str) -> str:
    """Where a series is stored."""
    return f"trace/{series}"
