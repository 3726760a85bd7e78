# SPDX-License-Identifier: Apache-2.0
"""Tells other systems what became of a request, at least once each.

A notice is stored before the record that it tells of, so that no crash between the two can lose it; one whose record
was never written is dropped when its turn comes. The call that decided delivers it; what does not arrive, the sweep
delivers later.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, Protocol

from approvals.clock import Clock
from approvals.domain.notices import Notice, NoticeKind, notice_of, reminder_of
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import Deadline
from approvals.notifications.formats import NotifyFormat
from approvals.notifications.sending import Outcome, Sender
from approvals.store.protocol import ApprovalStore
from approvals.telemetry import correlation_id, get_logger

_log = get_logger(__name__)

CALL_SECONDS: Final = 2.0
"""What a call that decided waits for a delivery at most."""
_SWEEP_SECONDS: Final = 5.0
_LEASE: Final = timedelta(seconds=60)
"""For so long a notice is left to the call that made it."""
_FAILURES_AT_MOST: Final = 3  # in a row; they all go to one address, which will not answer the others either
_PASSING: Final = frozenset({NoticeKind.OPENED, NoticeKind.REMINDED})


class Notifier(Protocol):
    """What the other use cases need of notifications."""

    def prepare(self, after: ApprovalRecord, policy: Policy | None) -> Notice | None:
        """Store what must be told once `after` is written; None when nobody has to know. Never raises."""
        ...

    def cancel(self, notice: Notice | None) -> None:
        """The record was not written. Never raises."""
        ...

    def deliver(self, notice: Notice | None) -> None:
        """The record is written. Never raises."""
        ...

    def remind(self, record: ApprovalRecord, policy: Policy | None, number: int) -> None:
        """Store the reminder with this number, for `deliver_due`. Never raises."""
        ...

    def deferred(self) -> "Notifier":
        """One whose notices are delivered by `deliver_due`."""
        ...

    def deliver_due(self, limit: int, deadline: Deadline) -> list[str]:
        """Deliver what is due; the ids of the requests that it was about. Raises `store_unavailable`."""
        ...


class Unnotified:
    """Nobody is told anything."""

    def prepare(self, after: ApprovalRecord, policy: Policy | None) -> Notice | None: ...

    def cancel(self, notice: Notice | None) -> None: ...

    def deliver(self, notice: Notice | None) -> None: ...

    def remind(self, record: ApprovalRecord, policy: Policy | None, number: int) -> None: ...

    def deferred(self) -> "Unnotified":
        return self

    def deliver_due(self, limit: int, deadline: Deadline) -> list[str]:  # noqa: ARG002 - the protocol's signature
        return []


UNNOTIFIED: Final = Unnotified()


class Notifying:
    """Notices of one workspace, to one address.

    `observe` hears of each attempt: `delivered`, `failed` or `given_up`. With `now` False nothing is sent by the call
    itself.
    """

    def __init__(
        self,
        store: ApprovalStore,
        clock: Clock,
        sender: Sender,
        kind: NotifyFormat,
        observe: Callable[[str, str], None],
        *,
        now: bool = True,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sender = sender
        self._kind = kind
        self._observe = observe
        self._now = now

    def deferred(self) -> "Notifying":
        return Notifying(self._store, self._clock, self._sender, self._kind, self._observe, now=False)

    def prepare(self, after: ApprovalRecord, policy: Policy | None) -> Notice | None:
        notice = notice_of(after, policy, correlation_id())
        if notice is None:
            return None
        if self._now:
            notice = notice.model_copy(update={"next_at": self._clock.now() + _LEASE})
        self._kept(notice)
        return notice

    def cancel(self, notice: Notice | None) -> None:
        if notice is not None:
            self._quietly("remove", lambda: self._store.remove_notice(notice.notice_id))

    def deliver(self, notice: Notice | None) -> None:
        if notice is None or not self._now:
            return
        if self._sender.resting:
            self._kept(notice.model_copy(update={"next_at": self._clock.now()}))
        else:
            self._attempt(notice, Deadline.after(self._clock, CALL_SECONDS))

    def remind(self, record: ApprovalRecord, policy: Policy | None, number: int) -> None:
        self._kept(reminder_of(record, policy, number, self._clock.now(), correlation_id()))

    def deliver_due(self, limit: int, deadline: Deadline) -> list[str]:
        """The oldest first, at most `limit`. After three failures in a row the others wait for the next sweep."""
        delivered: list[str] = []
        failures = 0
        for notice in self._store.due_notices(self._clock.now(), limit):
            if deadline.expired or failures == _FAILURES_AT_MOST:
                break
            if not self._is_true(notice):
                self.cancel(notice)
            elif self._attempt(notice, deadline.within(_SWEEP_SECONDS)):
                delivered.append(notice.request_id)
                failures = 0
            else:
                failures += 1
        return delivered

    def _is_true(self, notice: Notice) -> bool:
        """False when its record was never written, or when somebody would be told to do what was done since.

        A system of one's own hears that a level was asked all the same: it follows the ledger.
        """
        try:
            record = self._store.load(notice.request_id)
        except ApprovalError as error:
            if error.code is ErrorCode.NOT_FOUND:
                return False
            raise
        steps = record.history[notice.sequence - 1 : notice.sequence]
        if not steps or steps[0].entry.hash != notice.entry_hash:
            return False
        if len(record.history) == notice.sequence or notice.kind not in _PASSING:
            return True
        return notice.kind is NoticeKind.OPENED and self._kind is NotifyFormat.STANDARD_WEBHOOKS

    def _attempt(self, notice: Notice, deadline: Deadline) -> bool:
        outcome = self._sender.send(notice, deadline)
        if outcome.delivered:
            self._observe(self._kind.value, "delivered")
            self._quietly("remove", lambda: self._store.remove_notice(notice.notice_id))
            return True
        self._put_off(notice.failed(self._clock.now()), outcome)
        return False

    def _put_off(self, later: Notice, outcome: Outcome) -> None:
        given_up = later.next_at is None
        self._observe(self._kind.value, "given_up" if given_up else "failed")
        _log.warning(
            "notification not delivered",
            request_id=later.request_id,
            notice=later.notice_id,
            attempts=later.attempts,
            given_up=given_up,
            reason=outcome.reason,
        )
        self._kept(later)

    def _kept(self, notice: Notice) -> None:
        self._quietly("keep", lambda: self._store.put_notice(notice))

    def _quietly(self, doing: str, work: Callable[[], None]) -> None:
        """A decision stands, whatever becomes of its notice."""
        try:
            work()
        except ApprovalError as error:
            _log.error("notice not stored", doing=doing, error=error.message)
