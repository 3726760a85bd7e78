# SPDX-License-Identifier: Apache-2.0
"""Moves on what nobody decided in time, reminds of what is still open, and removes what was kept long enough.

Takes time in proportion to what is due; two sweeps at once do no harm.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from approvals.clock import Clock
from approvals.domain.approvers import whom_to_remind
from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord
from approvals.domain.reminders import with_reminder
from approvals.domain.retention import may_be_removed, tombstone_of
from approvals.domain.terms import Event, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import Deadline
from approvals.service.answers import Reminded, RouteResult, Status, SweepResult
from approvals.service.comparing import forget
from approvals.service.deciding import Deciding
from approvals.service.notifying import UNNOTIFIED, Notifier
from approvals.service.one_by_one import attempted
from approvals.service.policies import Policies
from approvals.store.protocol import ApprovalStore, Page

_SECONDS = 200.0  # the platform gives a tool call minutes at most; what is left is due for the next sweep
_FAILED_AT_MOST = 1_000  # requests that cannot be moved; beyond them something else is wrong


@dataclass(slots=True)
class _Tally:
    """What came of a sweep so far, by the ids of the requests."""

    escalated: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    failed: dict[str, None] = field(default_factory=dict)
    checked: int = 0
    delivered: list[str] = field(default_factory=list)
    removed: int = 0
    reminded: list[Reminded] = field(default_factory=list)

    def result(self) -> SweepResult:
        """The same for the caller."""
        return SweepResult(
            self.escalated,
            self.expired,
            self.checked,
            list(self.failed),
            self.delivered,
            self.removed,
            self.reminded,
        )


class Sweeping:
    """The use case behind `sweep_deadlines`."""

    def __init__(
        self, store: ApprovalStore, deciding: Deciding, clock: Clock, notifier: Notifier = UNNOTIFIED
    ) -> None:
        """`deciding` prepares notices, and `notifier` delivers them with all others that are due."""
        self._store = store
        self._deciding = deciding
        self._clock = clock
        self._notifier = notifier
        self._policies = Policies(store)

    def sweep(self, limit: int) -> SweepResult:
        """Escalates or expires, as their policies say, at most `limit` overdue requests, the most overdue first.

        A request that somebody decides meanwhile is left to them. One that cannot be moved, because its record or its
        policy can no longer be read, is named as failed and stands in nobody's way. Then reminds of as many open
        requests, each moment of a policy's `remind_at` once, and removes as many decided requests whose policy's
        `retention_days` have passed. Raises `store_unavailable`.
        """
        deadline = Deadline.after(self._clock, _SECONDS)
        tally = _Tally()
        for record in self._first(self._store.due, limit, tally):
            if deadline.expired:
                break
            tally.checked += 1
            self._move(record, tally)
        self._remind(limit, deadline, tally)
        tally.delivered = self._notifier.deliver_due(limit, deadline)
        self._remove(limit, deadline, tally)
        return tally.result()

    def _remind(self, limit: int, deadline: Deadline, tally: _Tally) -> None:
        for record in self._first(self._store.to_remind, limit, tally):
            if deadline.expired:
                break
            reminded = attempted(record.request_id, lambda: (self._reminded(record),))  # noqa: B023 - called at once
            if reminded is None:
                tally.failed[record.request_id] = None
            elif reminded[0] is not None:
                tally.reminded.append(reminded[0])

    def _reminded(self, record: ApprovalRecord) -> Reminded | None:
        """The reminder that is now on record; None when somebody was faster, or the time is over."""
        now = self._clock.now()
        if record.deadline_at is None or record.deadline_at <= now:
            return None  # the next sweep moves it on
        policy = self._policies.readable(record)
        after = with_reminder(record, now)
        # Stored first: of a reminder that is not written, because somebody acted, the notice is dropped in its turn.
        self._notifier.remind(after, policy, after.version)
        try:
            self._store.save(after, record.version)
        except ApprovalError as error:
            if error.code not in {ErrorCode.NOT_FOUND, ErrorCode.VERSION_CONFLICT}:
                raise
            return None
        return Reminded(after, policy, whom_to_remind(after, policy, now))

    def _remove(self, limit: int, deadline: Deadline, tally: _Tally) -> None:
        for record in self._first(self._store.removable, limit, tally):
            if deadline.expired:
                break
            removed = attempted(record.request_id, lambda: self._removed(record))  # noqa: B023 - called at once
            if removed:
                tally.removed += 1
            elif removed is None:
                tally.failed[record.request_id] = None

    def _removed(self, record: ApprovalRecord) -> bool:
        """True when the request was removed; false when another sweep was faster. Raises where it must stay."""
        now = self._clock.now()
        policy = self._policies.of(record).policy
        if not may_be_removed(record, policy, now):
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"remove_at of request {record.request_id!r} is {record.remove_at}, which its policy and ledger do not "
                "say: it was changed",
            )
        forget(self._store, record, policy)
        try:
            self._store.remove(record, tombstone_of(record, now))
        except ApprovalError as error:
            if error.code not in {ErrorCode.NOT_FOUND, ErrorCode.VERSION_CONFLICT}:
                raise
            return False
        return True

    def _first(
        self, look: Callable[[datetime, int], Page], limit: int, tally: _Tally
    ) -> Iterator[ApprovalRecord]:
        """What a look finds, `limit` at most besides what fails: that stays, and would come first every time."""
        seen: set[str] = set()
        while len(seen - tally.failed.keys()) < limit and len(tally.failed) < _FAILED_AT_MOST:
            page = look(self._clock.now(), limit + len(tally.failed))
            tally.failed.update(dict.fromkeys(page.unreadable))
            fresh = [record for record in page.records if record.request_id not in seen]
            if not fresh:
                return
            for record in fresh[: limit - len(seen - tally.failed.keys())]:
                seen.add(record.request_id)
                yield record

    def _move(self, record: ApprovalRecord, tally: _Tally) -> None:
        timeout = Decision(Event.TIMEOUT, comment="found by the sweep", expected_version=record.version)
        request_id = record.request_id
        result = attempted(request_id, lambda: self._deciding.decide(request_id, timeout))
        if result is None or _stands_still(result):
            tally.failed[request_id] = None
        elif result.status is Status.OK and result.answer and not result.replayed:
            moved = tally.escalated if result.answer.state is State.ESCALATED else tally.expired
            moved.append(request_id)


def _stands_still(result: RouteResult) -> bool:
    """True where the next sweep will fare no better. Of two sweeps at once, one is refused: that is as it should be."""
    if result.status is not Status.REFUSED or result.error is None:
        return False
    return result.error.code not in {
        ErrorCode.NOT_DUE,
        ErrorCode.INVALID_TRANSITION,
        ErrorCode.NOT_FOUND,
    }
