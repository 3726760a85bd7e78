# SPDX-License-Identifier: Apache-2.0
"""Tries analyses again that could not be made."""

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import Deadline
from approvals.service.analyzing import Analyzing
from approvals.service.answers import ReplayResult
from approvals.store.protocol import ApprovalStore

_SECONDS = 200.0  # the platform gives a tool call minutes at most; what is left waits for the next call


class Replaying:
    """The use case behind `replay_dead_letters`."""

    def __init__(self, store: ApprovalStore, analyzing: Analyzing, clock: Clock) -> None:
        self._store = store
        self._analyzing = analyzing
        self._clock = clock

    def replay(self, limit: int, request_id: str = "") -> ReplayResult:
        """Tries the oldest dead letters, at most `limit`, or the one of `request_id`.

        Only a pending request gets its analysis: once it was submitted, the ledger has signed that there was none,
        and people decide without it. Its letter is then removed, and it is in neither list.
        """
        deadline = Deadline.after(self._clock, _SECONDS)
        recovered: list[str] = []
        still_failing: list[str] = []
        waiting = (
            [request_id] if request_id else [letter.request_id for letter in self._store.dead_letters(limit)]
        )
        for one in waiting:
            if deadline.expired:
                break
            outcome = self._again(one, deadline)
            if outcome is not None:
                (recovered if outcome else still_failing).append(one)
        return ReplayResult(recovered, still_failing)

    def _again(self, request_id: str, deadline: Deadline) -> bool | None:
        """True when the request has an analysis now, False when it has none, None when it needs none."""
        try:
            record = self._store.load(request_id)
        except ApprovalError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            self._store.unbury(request_id)
            return None
        if record.history or (record.analysis is not None and record.analysis.usable):
            self._store.unbury(request_id)
            return None
        recovered = self._analyzing.retry(record, deadline)
        if recovered:
            self._store.unbury(request_id)
        return recovered
