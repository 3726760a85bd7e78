# SPDX-License-Identifier: Apache-2.0
"""One list of traces while calls work on it."""

from collections.abc import Sequence
from datetime import datetime

from approvals.domain.traces import TRACES_GIVEN, Trace, newest_first
from approvals.store.dify.group_commit import JointWrites


class TraceList:
    """A series that calls share while they work on it, so that each sees what another has just added."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        self.by_id = {trace.request_id: trace for trace in traces}
        self.writes = JointWrites()

    def prune(self, since: datetime) -> None:
        """Drop what came before `since`, and all but the newest."""
        kept = [trace for trace in newest_first(self.by_id.values()) if trace.at >= since]
        self.by_id = {trace.request_id: trace for trace in kept[: TRACES_GIVEN + 1]}
