# SPDX-License-Identifier: Apache-2.0
"""What the use cases tell of what they did."""

from datetime import datetime
from typing import Final, Protocol

from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event
from approvals.errors import ErrorCode
from approvals.service.answers import Status
from approvals.telemetry.request_metrics import RequestMetrics

_BY_A_LEVEL: Final = frozenset(Event) - {Event.SUBMIT, Event.TIMEOUT, Event.WITHDRAW}


class Observer(Protocol):
    """Hears of what was written. Must neither raise nor block."""

    def analyzed(self, status: Status, record: ApprovalRecord) -> None:
        """An analysis, or the want of one, was stored."""
        ...

    def decided(self, before: ApprovalRecord, after: ApprovalRecord) -> None:
        """An event was carried out and stored."""
        ...

    def refused(self, decision: Decision, code: ErrorCode) -> None:
        """An event was refused."""
        ...


class Unobserved:
    """Ignores everything."""

    def analyzed(self, status: Status, record: ApprovalRecord) -> None: ...

    def decided(self, before: ApprovalRecord, after: ApprovalRecord) -> None: ...

    def refused(self, decision: Decision, code: ErrorCode) -> None: ...


UNOBSERVED: Final = Unobserved()


class MetricsOfRequests:
    """Counts in the metrics of a credential set."""

    def __init__(self, metrics: RequestMetrics) -> None:
        self._metrics = metrics

    def analyzed(self, status: Status, record: ApprovalRecord) -> None:
        analysis = record.analysis
        if analysis is not None:
            self._metrics.analyzed(status.value, analysis.risk.value)
            for finding in analysis.findings:
                self._metrics.found(finding.code)

    def decided(self, before: ApprovalRecord, after: ApprovalRecord) -> None:
        entry = after.history[-1].entry
        seconds = None
        if entry.event in _BY_A_LEVEL and before.history:
            asked = datetime.fromisoformat(before.history[-1].entry.at)
            seconds = max(0.0, (datetime.fromisoformat(entry.at) - asked).total_seconds())
        self._metrics.decided(entry.event.value, entry.to_state.value, entry.level, seconds)

    def refused(self, decision: Decision, code: ErrorCode) -> None:
        self._metrics.refused(decision.event.value, code.value)
