# SPDX-License-Identifier: Apache-2.0
"""One list of traces while calls work on it, the newest first."""

from collections.abc import Sequence
from datetime import datetime
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

    def put(self, own: Trace, since: datetime) -> None:
        """Keep a trace in place of an older one of its request; drop what came before `since`, or is too much."""
        for entry in self._entries:
            if entry.trace.request_id == own.request_id:
                if entry.trace == own:
                    return
                self._entries.remove(entry)
                break
        self._entries.insert(self._place_of(own), _entry(own))
        del self._entries[TRACES_GIVEN + 1 :]
        while self._entries and self._entries[-1].trace.at < since:
            self._entries.pop()
        self.is_stored = False

    def drop(self, request_id: str) -> None:
        """Remove the trace of a request; nothing happens when there is none."""
        left = [entry for entry in self._entries if entry.trace.request_id != request_id]
        if len(left) < len(self._entries):
            self._entries = left
            self.is_stored = False

    def others(self, request_id: str, since: datetime) -> list[Trace]:
        """The newest that came at `since` or later, without that of this request."""
        given = [entry.trace for entry in self._entries if entry.trace.request_id != request_id][
            :TRACES_GIVEN
        ]
        while given and given[-1].at < since:
            given.pop()
        return given

    def __len__(self) -> int:
        return len(self._entries)

    def encoded(self) -> bytes:
        """The list as it is stored."""
        return b'{"traces":[%b]}' % b",".join([entry.encoded for entry in self._entries])

    def _place_of(self, own: Trace) -> int:
        """Before the first that is older: nearly always at the top."""
        own_key = (own.at, own.request_id)
        for place, (other, _) in enumerate(self._entries):
            if (other.at, other.request_id) < own_key:
                return place
        return len(self._entries)


def _entry(trace: Trace) -> _Entry:
    return _Entry(trace, encode_trace(trace))
