# SPDX-License-Identifier: Apache-2.0
"""What other systems and people are told about a request, and when it is told again if it did not arrive."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from approvals.domain.approvers import approvers_of
from approvals.domain.brief.language import language_of
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Language, Level, State, Word

_SUMMARY: Final = 300  # characters; the rest is on the desk
_REASON: Final = 500

_WAITS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 14 * 3_600, 20 * 3_600, 24 * 3_600)
)
"""Between one attempt and the next, as Standard Webhooks recommends; the first attempt is made at once."""


class NoticeKind(Word):
    """What is told."""

    OPENED = "opened"
    """A level is asked to sign."""
    REMINDED = "reminded"
    """It still has not, and the deadline comes near."""
    RETURNED = "returned"
    """The requester is asked a question."""
    DECIDED = "decided"
    """The request is approved, rejected or withdrawn."""
    EXPIRED = "expired"
    """Nobody decided in time."""


class Notice(BaseModel):
    """One thing that is told. Holds what every format shows, so that telling it needs no other read.

    `sequence` and `entry_hash` are those of the newest ledger entry: whoever receives them can later prove that the
    ledger was not rewritten. A `next_at` of None means that it was given up.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    notice_id: str
    kind: NoticeKind
    request_id: str
    at: datetime
    sequence: int
    entry_hash: str
    key_id: str = ""
    state: State
    level: str = ""
    title: str = Field("", description="What the policy calls the level.")
    approver_emails: tuple[str, ...] = ()
    version: int = Field(0, description="Of the record after its newest ledger entry.")
    actor: str = ""
    reason: str = ""
    requester: str = ""
    request_type: str = ""
    amount: str = ""
    currency: str = ""
    risk: str = ""
    summary: str = ""
    deadline_at: datetime | None = None
    language: Language = Language.ENGLISH
    correlation_id: str = ""
    attempts: int = 0
    next_at: datetime | None = None

    def failed(self, now: datetime) -> "Notice":
        """The same after an attempt that did not arrive."""
        waits = _WAITS[self.attempts : self.attempts + 1]
        return self.model_copy(
            update={"attempts": self.attempts + 1, "next_at": now + waits[0] if waits else None}
        )


def notice_of(after: ApprovalRecord, policy: Policy | None, correlation_id: str) -> Notice | None:
    """What is told of the last step of a record; None where nobody has to know."""
    kind = _kind_of(after)
    return None if kind is None else _notice(kind, after, policy, correlation_id)


def reminder_of(
    record: ApprovalRecord, policy: Policy | None, number: int, at: datetime, correlation_id: str
) -> Notice:
    """The reminder with this number of the level that has to sign."""
    notice = _notice(NoticeKind.REMINDED, record, policy, correlation_id)
    return notice.model_copy(update={"notice_id": f"{notice.notice_id}/{number}", "at": at, "next_at": at})


def _kind_of(after: ApprovalRecord) -> NoticeKind | None:
    match after.state:
        case State.EXPIRED:
            return NoticeKind.EXPIRED
        case state if state.final:
            return NoticeKind.DECIDED
        case state if state.in_review:
            return NoticeKind.OPENED
        case State.RETURNED:
            return NoticeKind.RETURNED
        case _:
            return None


def _notice(kind: NoticeKind, record: ApprovalRecord, policy: Policy | None, correlation_id: str) -> Notice:
    head, request, analysis = record.history[-1], record.request, record.analysis
    level = record.level
    return Notice(
        # With the hash, so that of two events that race for one place in the ledger each has a notice of its own.
        notice_id=f"{record.request_id}/{head.entry.sequence}-{head.entry.hash[:12]}",
        kind=kind,
        request_id=record.request_id,
        at=record.updated_at,
        sequence=head.entry.sequence,
        entry_hash=head.entry.hash,
        key_id=head.entry.key_id,
        state=record.state,
        level=level or "",
        title=_title(level, policy),
        approver_emails=approvers_of(record, policy).emails,
        version=head.answer.version,
        actor=head.entry.actor,
        reason=head.answer.reason[:_REASON],
        requester=request.requester,
        request_type=request.request_type,
        amount="" if request.amount is None else format(request.amount, "f"),
        currency=request.currency,
        risk=analysis.risk.value if analysis else "",
        summary=(analysis.summary if analysis and analysis.usable else request.content)[:_SUMMARY],
        deadline_at=record.deadline_at,
        language=request.language or language_of(request.content),
        correlation_id=correlation_id,
        next_at=record.updated_at,
    )


def _title(level: Level | None, policy: Policy | None) -> str:
    if level is None:
        return ""
    return policy.titles.get(level, "") if policy else ""
