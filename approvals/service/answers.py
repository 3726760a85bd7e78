# SPDX-License-Identifier: Apache-2.0
"""Input and output types of the use cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from approvals.domain.permissions import Permission
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import Analysis, ApprovalRecord, ApprovalRequest, Refusal, Route, RouteAnswer
from approvals.domain.terms import Flag, Level, State
from approvals.errors import ApprovalError, ErrorCode


class Status(StrEnum):
    """How a use case ended, as a workflow sees it."""

    OK = "ok"
    MANUAL_REVIEW = "manual_review"
    REFUSED = "refused"
    CONFLICT = "conflict"
    NOT_STARTED = "not_started"


class AnalyzeOrder(NamedTuple):
    """A request to be read. An empty id is made up: at random, or from the idempotency key.

    `revision_of` is the id of the request whose content this one replaces. `fresh`: the id was made at random just now.
    `received` is when the call came in, on the
    monotonic clock; None for the moment at which the use case begins.
    """

    request: ApprovalRequest
    policy: PolicyDocument
    model: str = ""
    idempotency_key: str = ""
    revision_of: str = ""
    received: float | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class FindOrder:
    """A question for records: those with these ids, or a page of those that match.

    `approver`: with ids, what this person may do is answered too; else only requests are found that wait for a decision
    which this person may take.
    """

    request_ids: tuple[str, ...]
    state: State | None
    level: Level | None
    requester: str
    overdue: bool
    limit: int
    cursor: str
    verify_ledger: bool
    closed: bool | None = None
    approver: str = ""


class AnalyzeAnswer(NamedTuple):
    """The stored request with its analysis, and what the policy makes of it.

    `overhead_ms` is what this call took, less what it waited for the model and the rate limit.
    """

    status: Status
    record: ApprovalRecord
    analysis: Analysis
    auto_approve_eligible: bool
    flags: tuple[Flag, ...]
    replayed: bool
    overhead_ms: int = 0
    storage_nearly_full: bool = False
    route: Route | None = None

    @property
    def error(self) -> ApprovalError | None:
        """Why there is no usable analysis; None where there is one."""
        if self.analysis.usable:
            return None
        return ApprovalError(ErrorCode(self.analysis.error_code), self.analysis.error_message)


@dataclass(frozen=True, slots=True)
class RouteResult:
    """What became of an event. `answer` is where the request stands; None when there is no such request.

    `record` is the request as it is stored now, which may be further than a repeated step's answer, and `policy` its
    policy; None when that can no longer be read. `at` is when that was.
    """

    status: Status
    answer: RouteAnswer | None
    replayed: bool = False
    error: ApprovalError | None = None
    record: ApprovalRecord | None = None
    policy: Policy | None = None
    at: datetime | None = None


class LedgerVerdict(StrEnum):
    """What recomputing a ledger shows."""

    KEYED = "keyed"
    """Whole, under a key."""
    UNKEYED = "unkeyed"
    """Whole, and without a key: whoever can write the store could have written it anew."""
    FAULTY = "faulty"
    """Something in it was changed."""
    KEY_MISSING = "key_missing"
    """It cannot be verified: the settings do not hold a key that it was written under."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What is wrong with a ledger, and the ids of the keys that are missing to tell."""

    faults: Sequence[str]
    missing_keys: Sequence[str]
    keyed: bool

    @property
    def verdict(self) -> LedgerVerdict:
        """The same in a word."""
        if self.faults:
            return LedgerVerdict.FAULTY
        if self.missing_keys:
            return LedgerVerdict.KEY_MISSING
        return LedgerVerdict.KEYED if self.keyed else LedgerVerdict.UNKEYED

    @property
    def ok(self) -> bool:
        """True where the ledger is whole, and that could be verified."""
        return not self.faults and not self.missing_keys

    @property
    def told(self) -> Sequence[str]:
        """What is wrong, and why it cannot be told, in sentences."""
        missing = [
            f"entries under key {key_id!r} cannot be verified: ledger_key in the plugin's settings does not hold it"
            for key_id in self.missing_keys
        ]
        return [*self.faults, *missing]


@dataclass(frozen=True, slots=True)
class Found:
    """One record that a search found.

    `verified` is None unless its ledger was verified. `refusals`, oldest first, and
    what the order's approver may do come with a search for one request. `policy` is None where it cannot be read.
    `at` is when that was.
    """

    record: ApprovalRecord
    overdue: bool
    verified: Verified | None
    refusals: Sequence[Refusal] = ()
    policy: Policy | None = None
    permission: Permission | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FindResult:
    """The records that were asked for by their ids, in that order, or a page of records, newest first.

    `next_cursor` is empty on the last page; `missing` are the ids that stand for no request, `unreadable` those of
    records that may be meant and cannot be read. `approver`: who was looked for, as the newest policy that lists them
    names them; empty where only policies were met that do not.
    """

    found: Sequence[Found]
    next_cursor: str = ""
    missing: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    approver: str = ""

    @property
    def ledger_ok(self) -> bool | None:
        """True when all ledgers are whole and could be verified; None when no ledger was to be verified."""
        verified = [one.verified for one in self.found if one.verified is not None]
        return all(one.ok for one in verified) if verified else None

    def count(self, verdict: LedgerVerdict) -> int:
        """How many of the verified ledgers are so."""
        return sum(one.verified is not None and one.verified.verdict is verdict for one in self.found)


class Reminded(NamedTuple):
    """An open request, its policy as far as it can be read, and the addresses of those who have to act."""

    record: ApprovalRecord
    policy: Policy | None
    emails: Sequence[str]


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The ids of requests that a sweep moved on or could not, how many it looked at, and how many it removed.

    `delivered`: the ids of those that a notice was delivered of. `reminded`: whom to remind of what is still open.
    """

    escalated: Sequence[str]
    expired: Sequence[str]
    checked: int
    failed: Sequence[str] = ()
    delivered: Sequence[str] = ()
    removed: int = 0
    reminded: Sequence[Reminded] = ()


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The ids of requests whose analysis was tried again: those that now have one, and those that do not."""

    recovered: Sequence[str]
    still_failing: Sequence[str]
