# SPDX-License-Identifier: Apache-2.0
"""Compares a request with those that came before it, or at the same moment. No fault of the store fails a request."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from approvals.clock import Clock
from approvals.domain.budgets import budget_findings
from approvals.domain.checks import NOTHING_FOUND, Comparison
from approvals.domain.comparison import compare
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord, ApprovalRequest, BudgetUse
from approvals.domain.terms import State
from approvals.domain.traces import TRACED_DAYS, Trace, trace_of
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.budgeting import budgets_followed, budgets_taken, close_budgets, close_late
from approvals.service.listed import InList
from approvals.store.envelope import UnreadableError
from approvals.store.protocol import ApprovalStore
from approvals.telemetry import get_logger

LOOKED_UP: Final = 1
"""Of the requests that the findings name: the first is read, since a decision may not have reached its trace."""
_OVER: Final = frozenset({State.REJECTED, State.WITHDRAWN, State.EXPIRED})

_log = get_logger(__name__)


class Comparing:
    """The part of `analyze_approval` that looks at other requests."""

    def __init__(self, store: ApprovalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def compare(
        self, records: Sequence[ApprovalRecord], policy: Policy, listed: Sequence[InList | None] = ()
    ) -> list[Comparison | None]:
        """What other requests say of each, which are made known to them first; None where the store failed.

        Of `records` each is compared with those before it, and with those that are `listed` beside it. Requests that
        were rejected, withdrawn or that expired do not count.
        """
        found = (
            self._with_others(records, policy, listed or [None for _ in records])
            if policy.checks.compares
            else [NOTHING_FOUND for _ in records]
        )
        try:
            uses = budgets_taken(self._store, records, policy, [_came_at(record) for record in records])
        except ApprovalError as error:
            return _failed(records, error)
        return [one and _with_budgets(one, used) for one, used in zip(found, uses, strict=True)]

    def _with_others(
        self, records: Sequence[ApprovalRecord], policy: Policy, listed: Sequence[InList | None]
    ) -> list[Comparison | None]:
        owns = [_own(policy, record, one) for record, one in zip(records, listed, strict=True)]
        besides = [one.beside if one else () for one in listed]
        try:
            given = self._store.trace(owns, self._clock.now() - timedelta(days=TRACED_DAYS))
        except ApprovalError as error:
            return _failed(records, error)
        return [self._against(policy, *each) for each in zip(records, owns, given, besides, strict=True)]

    def _against(
        self,
        policy: Policy,
        record: ApprovalRecord,
        own: Trace,
        others: Sequence[Trace],
        beside: Sequence[Trace],
    ) -> Comparison | None:
        try:
            return self._confirmed(record, policy, own, {other.request_id: other for other in others}, beside)
        except ApprovalError as error:
            (none,) = _failed([record], error)
            return none

    def _confirmed(
        self,
        record: ApprovalRecord,
        policy: Policy,
        own: Trace,
        others: dict[str, Trace],
        beside: Sequence[Trace],
    ) -> Comparison:
        """What is found among the requests that stand, as far as they are looked up; not all `beside` are stored."""
        looked_up: set[str] = set()
        while True:
            found = compare(policy, record.request, own, list(others.values()), beside)
            named = [one for one in found.others if one in others and one not in looked_up]
            unknown = named[: LOOKED_UP - len(looked_up)]
            gone = [one for one in unknown if not self._stands(policy, others[one])]
            if not gone:
                return found
            looked_up.update(unknown)
            for one in gone:
                del others[one]

    def _stands(self, policy: Policy, other: Trace) -> bool:
        """False for what was removed, ended without an approval, or asks for something else by now."""
        try:
            record = self._store.load(other.request_id)
        except UnreadableError:
            return True
        except ApprovalError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return False
        facts = [trace_of(policy, content, other.at).facts for content in _contents(record)]
        return record.state not in _OVER and other.facts in facts


def _own(policy: Policy, record: ApprovalRecord, listed: InList | None) -> Trace:
    at = _came_at(record)
    return trace_of(policy, record.request, at) if listed is None else replace(listed.own, at=at)


def _failed(records: Sequence[ApprovalRecord], error: ApprovalError) -> list[Comparison | None]:
    for record in records:
        _log.warning("not_compared", request_id=record.request_id, code=error.code, error=error.message)
    return [None for _ in records]


def _with_budgets(found: Comparison, uses: tuple[BudgetUse, ...]) -> Comparison:
    return found._replace(findings=(*found.findings, *budget_findings(uses)), budgets=uses)


def forget(store: ApprovalStore, record: ApprovalRecord, policy: Policy) -> None:
    """Take a request that is to be removed out of what others are compared with. Raises `store_unavailable`.

    What was approved stays spent.
    """
    close_budgets(store, record, policy)
    store.forget_trace(trace_of(policy, record.request, _came_at(record)))


def follow(store: ApprovalStore, before: ApprovalRecord, after: ApprovalRecord, policy: Policy) -> None:
    """Take what an event made void out of what others are compared with: a closed request, a content that was replaced.

    What the store refuses is left: others then find one request too many, never one too few.
    """
    budgets_followed(store, after, policy)
    _traces_followed(store, before, after, policy)


def follow_late(
    store: ApprovalStore, compared: ApprovalRecord, stored: ApprovalRecord, policy: Policy
) -> None:
    """The same where `compared` was made known to others only after its request was decided, as `stored` says."""
    close_late(store, stored, policy)
    _traces_followed(store, compared, stored, policy)


def _traces_followed(
    store: ApprovalStore, before: ApprovalRecord, after: ApprovalRecord, policy: Policy
) -> None:
    if not policy.checks.compares or not (after.state in _OVER or after.revision > before.revision):
        return
    stands = () if after.state in _OVER else _series(policy, after)
    try:
        for content in _contents(before):
            own = trace_of(policy, content, before.created_at)
            void: dict[str, Any] = {name: "" for name, series in own.named_series.items() if series in stands}
            store.forget_trace(replace(own, **void))
    except ApprovalError as error:
        _log.warning("trace_left", request_id=after.request_id, code=error.code, error=error.message)


def _contents(record: ApprovalRecord) -> Sequence[ApprovalRequest]:
    """What a request asks for, and what it may ask for next; without the text, whose words no series needs."""
    following = [record.next_revision.request] if record.next_revision else []
    return [content.model_copy(update={"content": ""}) for content in (record.request, *following)]


def _series(policy: Policy, record: ApprovalRecord) -> Sequence[str]:
    traces = [trace_of(policy, content, record.created_at) for content in _contents(record)]
    return [series for trace in traces for series in trace.series]


def _came_at(record: ApprovalRecord) -> datetime:
    """When this content came."""
    return record.updated_at if record.state is State.RETURNED else record.created_at
