# SPDX-License-Identifier: Apache-2.0
"""Recognises a decision that was already carried out, so that a repeated call changes nothing twice."""

from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord, RouteAnswer, Step
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.text.names import name_key


def repeated(record: ApprovalRecord, decision: Decision) -> RouteAnswer | None:
    """The answer to give when `decision` was already carried out; None when it is new.

    With an idempotency key: the step that carried the key. Without: the last step, when it was the same event
    by the same actor at the same level and the caller does not show (by `expected_version`) that he has seen it.
    Raises `idempotency_mismatch` when the key was used for something else.
    """
    if decision.idempotency_key:
        return _by_key(record, decision)
    if not record.history:
        return None
    last = record.history[-1]
    unseen = decision.expected_version in {None, last.answer.version - 1}
    newest = last.answer.version == record.version - record.reminded
    return last.answer if unseen and newest and _same_step(last, decision) else None


def is_version_at_hand(record: ApprovalRecord, expected: int | None) -> bool:
    """True when nothing but reminders was written since the version that a caller has seen; None is any version."""
    return expected is None or record.version - record.reminded <= expected <= record.version


def _by_key(record: ApprovalRecord, decision: Decision) -> RouteAnswer | None:
    for step in record.history:
        if step.idempotency_key != decision.idempotency_key:
            continue
        if step.fingerprint != decision.fingerprint:
            raise ApprovalError(
                ErrorCode.IDEMPOTENCY_MISMATCH,
                f"idempotency_key {shown(decision.idempotency_key)} was used for another "
                f"'{step.entry.event}' of request {record.request_id!r}; use a new key for a new step",
            )
        return step.answer
    return None


def _same_step(last: Step, decision: Decision) -> bool:
    """True for the step itself, and for the escalation that took its place when it was refused."""
    return last.fingerprint == decision.fingerprint or (
        last.entry.event is decision.event
        and name_key(last.entry.actor) == name_key(decision.signed)
        and decision.actor_level in {None, last.entry.level}
    )
