# SPDX-License-Identifier: Apache-2.0
"""Counts what requests take of budgets: while they are open, and for good once they are approved."""

from collections.abc import Sequence
from datetime import datetime

from approvals.domain.budgets import covered, entry_of, uses_of
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord, BudgetUse
from approvals.domain.terms import State
from approvals.errors import ApprovalError
from approvals.store.protocol import ApprovalStore
from approvals.telemetry import get_logger

_log = get_logger(__name__)


def budgets_taken(
    store: ApprovalStore, records: Sequence[ApprovalRecord], policy: Policy, came: Sequence[datetime]
) -> Sequence[tuple[BudgetUse, ...]]:
    """The budgets that each request takes of, by when they came. Each is counted first, then compared with the others.

    Of `records` each is compared with those before it. Raises `store_unavailable` and `store_full`.
    """
    found = [covered(policy, record.request, at) for record, at in zip(records, came, strict=True)]
    entries = [
        entry_of(record.request_id, at, covering)
        for record, at, covering in zip(records, came, found, strict=True)
        # What a new content replaces may have taken of others.
        if covering or (record.state is State.RETURNED and has_budgets(policy))
    ]
    if not entries:
        return [() for _ in records]
    told = dict(zip((entry.request_id for entry in entries), store.enter_budgets(entries), strict=True))
    return [
        uses_of(policy, covering, told.get(record.request_id, {}))
        for record, covering in zip(records, found, strict=True)
    ]


def budgets_followed(store: ApprovalStore, after: ApprovalRecord, policy: Policy) -> None:
    """Count a request that an event has closed for good, or no longer; what the store refuses is left as it was.

    It then counts as open: a budget looks too full, never too empty.
    """
    try:
        close_budgets(store, after, policy)
    except ApprovalError as error:
        _log.warning("budgets_left", request_id=after.request_id, code=error.code, error=error.message)


def close_budgets(store: ApprovalStore, record: ApprovalRecord, policy: Policy) -> None:
    """The same for a request in a final state. Raises what the store does."""
    if not record.state.final or not has_budgets(policy):
        return
    if record.state is State.APPROVED:
        store.settle_budgets(record.request_id)
    else:
        store.leave_budgets(record.request_id)


def close_late(store: ApprovalStore, stored: ApprovalRecord, policy: Policy) -> None:
    """After an analysis that came when its request was decided: what it has just entered counts as the decision says.

    Where an earlier analysis had entered it, the decision has counted that, and this counts no more.
    """
    entered_before = stored.analysis is not None and bool(stored.analysis.budgets)
    voided = stored.model_copy(update={"state": State.WITHDRAWN}) if entered_before else stored
    if stored.state.final:
        budgets_followed(store, voided, policy)


def has_budgets(policy: Policy) -> bool:
    """True where a policy's budgets are checked."""
    return policy.checks.budget and bool(policy.budgets)
