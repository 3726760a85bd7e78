# SPDX-License-Identifier: Apache-2.0
"""Tries analyses again that could not be made."""

from collections.abc import Iterator

from approvals.clock import Clock
from approvals.domain.revisions import upcoming
from approvals.domain.terms import State
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import Deadline
from approvals.service.analyzing import Analyzing
from approvals.service.answers import ReplayResult
from approvals.service.one_by_one import attempted
from approvals.store.protocol import ApprovalStore

_SECONDS = 200.0  # the platform gives a tool call minutes at most; what is left waits for the next call
_FAILED_AT_MOST = 1_000  # requests that cannot be tried; beyond them something else is wrong


class Replaying:
    """The use case behind `replay_dead_letters`."""

    def __init__(self, store: ApprovalStore, analyzing: Analyzing, clock: Clock) -> None:
        self._store = store
        self._analyzing = analyzing
        self._clock = clock

    def replay(self, limit: int, request_id: str = "") -> ReplayResult:
        """Tries the oldest dead letters, at most `limit`, or the one of `request_id`.

        Only a pending request gets its analysis: once it was submitted, the ledger has signed that there was none,
        and people decide without it. Its letter is then removed, and it is in neither list. A request that cannot be
        tried, because its record or its policy can no longer be read, is still failing and stands in nobody's way.
        Raises `store_unavailable`, and `AnalysisFailedError` for what only the admin can mend.
        """
        deadline = Deadline.after(self._clock, _SECONDS)
        recovered: list[str] = []
        still_failing: list[str] = []
        untried: set[str] = set()
        for one in [request_id] if request_id else self._waiting(limit, untried):
            if deadline.expired:
                break
            tried = attempted(one, lambda: (self._again(one, deadline),))  # noqa: B023 - called at once
            if tried is None:
                untried.add(one)
                still_failing.append(one)
            elif tried[0] is not None:
                (recovered if tried[0] else still_failing).append(one)
        return ReplayResult(recovered, still_failing)

    def _waiting(self, limit: int, untried: set[str]) -> Iterator[str]:
        """The oldest letters' requests, `limit` at most besides those that cannot be tried and come first each time."""
        seen: set[str] = set()
        while len(seen - untried) < limit and len(untried) < _FAILED_AT_MOST:
            letters = self._store.dead_letters(limit + len(untried))
            fresh = [letter.request_id for letter in letters if letter.request_id not in seen]
            if not fresh:
                return
            for request_id in fresh[: limit - len(seen - untried)]:
                seen.add(request_id)
                yield request_id

    def _again(self, request_id: str, deadline: Deadline) -> bool | None:
        """True when the request, or its next content, has an analysis now; False when not, None when it needs none."""
        try:
            record = self._store.load(request_id)
        except ApprovalError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            self._store.remove_dead_letter(request_id)
            return None
        if record.state is State.RETURNED and record.next_revision is not None:
            record = upcoming(record)
        elif record.history:
            self._store.remove_dead_letter(request_id)
            return None
        if record.analysis is not None and record.analysis.usable:
            self._store.remove_dead_letter(request_id)
            return None
        recovered = self._analyzing.retry(record, deadline)
        if recovered:
            self._store.remove_dead_letter(request_id)
        return recovered
