# SPDX-License-Identifier: Apache-2.0
"""One list of traces while calls work on it."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from datetime import datetime

from approvals.domain.traces import TRACES_GIVEN, Trace
from approvals.store.dify.group_commit import JointWrites


class TraceList:
    """A series that calls share while they work on it, so that each sees what another has just added."""

    def __init__(self, traces: Iterable[Trace]) -> None:
        self._by_id = {trace.request_id: trace for trace in traces}
        self._oldest_first = sorted(self._by_id.values(), key=_age)
        self.writes = JointWrites()

    def newest(self) -> Sequence[Trace]:
        """All of them, the newest first."""
        return self._oldest_first[::-1]

    def others(self, request_id: str, since: datetime) -> Sequence[Trace]:
        """Those of other requests that came at `since` or later, the newest first and no more than are compared."""
        newest = self._oldest_first[: -TRACES_GIVEN - 2 : -1]
        others = [trace for trace in newest if trace.request_id != request_id and trace.at >= since]
        return others[:TRACES_GIVEN]

    def put(self, own: Trace, since: datetime) -> bool:
        """Keep a trace in place of its request's last one, and drop what is too old or one too many.

        False where it was there already.
        """
        if self._by_id.get(own.request_id) == own:
            return False
        self.drop(own.request_id)
        self._by_id[own.request_id] = own
        insort(self._oldest_first, own, key=_age)
        too_many = max(0, len(self._oldest_first) - TRACES_GIVEN - 1)
        gone = max(too_many, bisect_left(self._oldest_first, since, key=_moment))
        for trace in self._oldest_first[:gone]:
            del self._by_id[trace.request_id]
        del self._oldest_first[:gone]
        return True

    def drop(self, request_id: str) -> bool:
        """Remove a request's trace; False where there is none."""
        trace = self._by_id.pop(request_id, None)
        if trace is None:
            return False
        del self._oldest_first[bisect_left(self._oldest_first, _age(trace), key=_age)]
        return True

    def __repr__(self) -> str:
        return f"TraceList({len(self._oldest_first)} traces)"


def _age(trace: Trace) -> tuple[datetime, str]:
    return trace.at, trace.request_id


def _moment(trace: Trace) -> datetime:
    return trace.at
