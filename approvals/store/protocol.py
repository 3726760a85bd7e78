# SPDX-License-Identifier: Apache-2.0
"""The protocol that every store implements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from approvals.domain.budgets import BudgetEntry
from approvals.domain.notices import Notice
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.retention import Tombstone
from approvals.domain.terms import Level, State
from approvals.domain.traces import Trace

REFUSALS_KEPT = 100
"""Of one request. More are an attack or a loop, and the newest say which."""


NEARLY_FULL = 0.8
"""Of the granted room: from here on every analysis says so."""


class DeadLetter(BaseModel):
    """An analysis that could not be made, kept so that it can be tried again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: str
    code: str
    message: str
    buried_at: datetime
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Query:
    """What a search looks for; what is not given is not tested.

    `closed`: True for requests in a final state, False for all others.
    """

    state: State | None = None
    closed: bool | None = None
    level: Level | None = None
    requester: str = ""
    overdue_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records found, and the cursor of the next page; empty on the last.

    `unreadable` are the ids of records that may be meant and cannot be read; they are left out.
    """

    records: Sequence[ApprovalRecord]
    next_cursor: str = ""
    unreadable: Sequence[str] = ()


class Usage(NamedTuple):
    """How many bytes a bounded store holds and may hold. `full`: it has just refused a write for want of room."""

    used: int
    granted: int
    full: bool

    @property
    def nearly_full(self) -> bool:
        """True from 80 % on."""
        return self.full or self.used >= NEARLY_FULL * self.granted


class NoticeCounts(NamedTuple):
    """Notices that wait for delivery, and those that were given up."""

    waiting: int
    given_up: int


class ApprovalStore(Protocol):
    """Records by request id. Every method raises `store_unavailable` when the store cannot be reached."""

    def create(self, record: ApprovalRecord, *, fresh: bool = False) -> None:
        """Keep a new record. Raises `already_exists` when its id is taken.

        `fresh` promises that the id was made at random just now, so that a store may spare itself the look.
        """
        ...

    def load(self, request_id: str) -> ApprovalRecord:
        """The newest version of a record. Raises `not_found`."""
        ...

    def save(self, record: ApprovalRecord, expected_version: int) -> None:
        """Replace the record that has `expected_version`. Raises `version_conflict` when another write won."""
        ...

    def due(self, now: datetime, limit: int) -> Page:
        """Records that wait for an approver or the requester, whose deadline is at or before `now`.

        The most overdue first, at most `limit`.
        """
        ...

    def search(self, query: Query, cursor: str, limit: int) -> Page:
        """Records that match, newest first. `cursor` is empty for the first page, else a page's `next_cursor`.

        Raises `bad_parameter` for a cursor that this store did not give out.
        """
        ...

    def stored_faults(self, request_id: str) -> Sequence[str]:
        """Where what the store keeps beside a record, such as columns, differs from it; nothing without the record."""
        ...

    def put_policy(self, digest: str, document: Mapping[str, Any]) -> None:
        """Keep a policy under the sha256 of its canonical JSON, once. Done before a record names it."""
        ...

    def policy(self, digest: str) -> Mapping[str, Any] | None:
        """The policy that was kept under a digest; None when there is none.

        Raises `UnreadableError` for what is not JSON. Whether it matches its digest is for the caller to see.
        """
        ...

    def usage(self) -> Usage | None:
        """How much room is used, as far as this process knows; None for a store without a bound."""
        ...

    def to_remind(self, now: datetime, limit: int) -> Page:
        """Open records whose next reminder is due at `now`, the earliest first, at most `limit`."""
        ...

    def removable(self, now: datetime, limit: int) -> Page:
        """Decided records whose `remove_at` is at or before `now`, the oldest first, at most `limit`."""
        ...

    def remove(self, record: ApprovalRecord, left: Tombstone) -> None:
        """Remove a decided record with its ledger, refusals, dead letter and idempotency keys; `left` takes its place.

        From then on `load` raises `not_found` and `create` `already_exists`, both saying what is left. Raises
        `version_conflict` when the record has another version, and `not_found` when it is gone.
        """
        ...

    def note_refusal(self, request_id: str, refusal: Refusal) -> None:
        """Keep a refused decision beside its record: the last `REFUSALS_KEPT` of each request."""
        ...

    def refusals(self, request_id: str) -> Sequence[Refusal]:
        """The refused decisions on a request, oldest first; empty when there are none."""
        ...

    def put_dead_letter(self, letter: DeadLetter) -> None:
        """Keep a dead letter, in place of an older one for the same request."""
        ...

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """The oldest dead letters that can be read, at most `limit`."""
        ...

    def remove_dead_letter(self, request_id: str) -> None:
        """Remove a request's dead letter; nothing happens when there is none."""
        ...

    def put_notice(self, notice: Notice) -> None:
        """Keep a notice until it was delivered, in place of an older one with its id."""
        ...

    def due_notices(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Notices whose `next_at` is at or before `now`, the oldest first, at most `limit`; none that was given up."""
        ...

    def remove_notice(self, notice_id: str) -> None:
        """Forget a notice; nothing happens when there is none."""
        ...

    def count_notices(self, limit: int) -> NoticeCounts:
        """How many notices wait, and how many were given up; each is counted up to `limit`."""
        ...

    def trace(self, owns: Sequence[Trace], since: datetime) -> Sequence[Sequence[Trace]]:
        """Keep traces in place of older ones of their requests; for each, the others of its series, newest first.

        As if they came one after the other: each is given those before it in `owns`, and of those behind it at most
        what was kept of them before.
        Of each series at most `TRACES_GIVEN` that came at `since` or later. Of two requests that come at once, at least
        one is given the other.
        """
        ...

    def forget_trace(self, own: Trace) -> None:
        """Remove a request's trace from its series; nothing happens when there is none."""
        ...

    def enter_budgets(self, entries: Sequence[BudgetEntry]) -> Sequence[Mapping[str, Decimal]]:
        """Keep what open requests take of budgets, in place of what they took; what others take of each account.

        As if they came one after the other: those behind it in `entries` do not count. Of two requests that come at
        once, at least one is given the other.
        """
        ...

    def settle_budgets(self, request_id: str) -> None:
        """Count for good what a request takes, as it was approved; nothing happens for one that takes nothing."""
        ...

    def leave_budgets(self, request_id: str) -> None:
        """Count no longer what an open request takes; nothing happens for one that was settled, or takes nothing."""
        ...

    def claim(self, idempotency_key: str, request_id: str) -> str:
        """The request that holds the key: `request_id` if it was free, else the one that took it first."""
        ...
