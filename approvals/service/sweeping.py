# SPDX-License-Identifier: Apache-2.0
"""Moves on what nobody decided in time. Takes time in proportion to what is due; two sweeps at once do no harm."""

from approvals.clock import Clock
from approvals.domain.decisions import Decision
from approvals.domain.terms import Event, State
from approvals.llm import Deadline
from approvals.service.answers import Status, SweepResult
from approvals.service.deciding import Deciding
from approvals.store.protocol import ApprovalStore

_SECONDS = 200.0  # the platform gives a tool call minutes at most; what is left is due for the next sweep


class Sweeping:
    """The use case behind `sweep_deadlines`."""

    def __init__(self, store: ApprovalStore, deciding: Deciding, clock: Clock) -> None:
        self._store = store
        self._deciding = deciding
        self._clock = clock

    def sweep(self, limit: int) -> SweepResult:
        """Escalates or expires, as their policies say, at most `limit` overdue requests, the most overdue first.

        A request that somebody decides meanwhile is left to them.
        """
        deadline = Deadline.after(self._clock, _SECONDS)
        moved: dict[State, list[str]] = {State.ESCALATED: [], State.EXPIRED: []}
        checked = 0
        for record in self._store.due(self._clock.now(), limit):
            if deadline.expired:
                break
            checked += 1
            timeout = Decision(Event.TIMEOUT, comment="found by the sweep", expected_version=record.version)
            result = self._deciding.decide(record.request_id, timeout)
            if result.status is Status.OK and result.answer and not result.replayed:
                moved[result.answer.state].append(record.request_id)
        return SweepResult(moved[State.ESCALATED], moved[State.EXPIRED], checked)
