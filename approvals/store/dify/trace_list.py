# SPDX-License-Identifier: Apache-2.0
"""One list of traces while calls work on it, the newest first."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from approvals.domain.traces import TRACES_GIVEN, Trace, encode_trace, newest_first
from approvals.store.dify.group_commit import JointWrites


class _Entry(NamedTuple):
    """A trace, and its JSON as it stands in the stored list, which is written anew for every few that it gains."""

    trace: Trace
    encoded: bytes


class TraceList:
    """A series that calls share while they work on it, so that each sees what another has just added."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        self._entries = [_entry(trace) for trace in newest_first(traces)]
        self.is_stored = True
        """False from a change until a write of it has begun, and after one that failed."""
        self.writes = JointWrites()
        self._guard = Lock()

    def add(self, own: Trace, since: datetime) -> Sequence[Trace]:
        """Keep a trace in place of an older one of its request; drop what came before `since`, or is too much.

        Gives those of other requests that are kept, the newest first.
        """
        with self._guard:
            others = [entry for entry in self._entries if entry.trace.request_id != own.request_id]
            given = [entry.trace for entry in others[:TRACES_GIVEN]]
            while given and given[-1].at < since:
                given.pop()
            if len(others) == len(self._entries) or all(entry.trace != own for entry in self._entries):
                others.insert(_place_of(own, others), _entry(own))
                del others[TRACES_GIVEN + 1 :]
                while others and others[-1].trace.at < since:
                    others.pop()
                self._entries, self.is_stored = others, False
            return given

    def drop(self, request_id: str) -> None:
        """Remove the trace of a request; nothing happens when there is none."""
        with self._guard:
            left = [entry for entry in self._entries if entry.trace.request_id != request_id]
            if len(left) < len(self._entries):
                self._entries, self.is_stored = left, False

    def __len__(self) -> int:
        return len(self._entries)

    def encoded(self) -> bytes:
        """The list as it is stored."""
        return b'{"traces":[%b]}' % b",".join([entry.encoded for entry in self._entries])


def _place_of(own: Trace, entries: Sequence[_Entry]) -> int:
    """Before the first that is older: nearly always at the top."""
    own_key = (own.at, own.request_id)
    for place, (other, _) in enumerate(entries):
        if (other.at, other.request_id) < own_key:
            return place
    return len(entries)


def _entry(trace: Trace) -> _Entry:
    return _Entry(trace, encode_trace(trace))
