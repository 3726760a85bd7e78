# SPDX-License-Identifier: Apache-2.0
"""How long a decided request is kept, and what is left of it afterwards."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import State

_SIGNED_EVENT = "message "  # begins the idempotency key of a signed event, which holds for all requests


class Tombstone(BaseModel):
    """What is left of a request that retention removed: that it was decided, and its ledger's last hash.

    Whoever kept an export or the head of the ledger can tell it from one that was removed by hand, and its id is not
    given again, so that nothing is decided twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: str
    state: State
    version: int
    created_at: datetime
    removed_at: datetime
    policy_digest: str
    entries: int
    head: str


def remove_at(policy: Policy, state: State, decided_at: datetime) -> datetime | None:
    """When a request that reached `state` then may be removed; None for never."""
    if policy.retention_days is None or not state.final:
        return None
    return decided_at + timedelta(days=policy.retention_days)


def may_be_removed(record: ApprovalRecord, policy: Policy, now: datetime) -> bool:
    """True for a final request older than its policy keeps it, by the time that its ledger signed."""
    if not record.history:
        return False
    at = remove_at(policy, record.state, datetime.fromisoformat(record.history[-1].entry.at))
    return at is not None and at <= now


def tombstone_of(record: ApprovalRecord, now: datetime) -> Tombstone:
    """What stays of a record. It counts as one more version."""
    return Tombstone(
        request_id=record.request_id,
        state=record.state,
        version=record.version + 1,
        created_at=record.created_at,
        removed_at=now,
        policy_digest=record.policy_digest,
        entries=len(record.history),
        head=record.history[-1].entry.hash if record.history else "",
    )


def claimed_keys(record: ApprovalRecord) -> tuple[str, ...]:
    """The idempotency keys that the request may hold among all requests."""
    signed = [
        step.idempotency_key for step in record.history if step.idempotency_key.startswith(_SIGNED_EVENT)
    ]
    return (*([record.idempotency_key] if record.idempotency_key else []), *signed)
