# SPDX-License-Identifier: Apache-2.0
"""A step that was carried out answers a repeated call the same, and happens once."""

import pytest

from approvals.domain.authority import UnauthorizedError
from approvals.domain.decisions import Decision
from approvals.domain.idempotency import repeated
from approvals.domain.policy_reader import stored_policy
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level
from approvals.domain.transitions import passed_up
from approvals.errors import ApprovalError, ErrorCode
from tests.approvals.domain.worlds import NOW, SUBMIT, after, approve, record, stages_policy


def test_the_same_step_again_answers_the_same() -> None:
    step = Decision(Event.APPROVE, "Bea", Level.MANAGER, idempotency_key="k-1")
    done = after(record(stages_policy("manager", "director")), SUBMIT, step)

    assert repeated(done, step) == done.history[-1].answer
    assert repeated(after(done, approve("Dan", Level.DIRECTOR)), step) == done.history[-1].answer


def test_a_key_used_for_something_else_is_refused() -> None:
    done = after(
        record(stages_policy("manager")),
        SUBMIT,
        Decision(Event.APPROVE, "Bea", Level.MANAGER, idempotency_key="k-1"),
    )

    with pytest.raises(ApprovalError, match="k-1") as caught:
        repeated(done, Decision(Event.REJECT, "Bea", Level.MANAGER, idempotency_key="k-1"))
    assert caught.value.code is ErrorCode.IDEMPOTENCY_MISMATCH


def test_without_a_key_the_last_step_again_is_a_repeat_until_its_version_was_seen() -> None:
    start = after(record(stages_policy("manager")), SUBMIT)
    done = after(start, Decision(Event.TIMEOUT))

    assert repeated(done, Decision(Event.TIMEOUT)) == done.history[-1].answer
    assert repeated(done, Decision(Event.TIMEOUT, expected_version=start.version)) is not None
    assert repeated(done, Decision(Event.TIMEOUT, expected_version=done.version)) is None
    assert repeated(done, Decision(Event.ESCALATE, "Bea")) is None


def test_one_person_signing_two_levels_is_two_steps_not_a_repeat() -> None:
    policy = stages_policy("manager", "director", distinct_approvers=False)
    done = after(record(policy), SUBMIT, approve("Bea", Level.MANAGER))

    assert repeated(done, approve("Bea", Level.DIRECTOR)) is None


def passed(start: ApprovalRecord, decision: Decision) -> ApprovalRecord:
    """The record one level up, as a refused decision leaves it."""
    refused = UnauthorizedError(ErrorCode.NOT_AUTHORIZED, "no")
    return passed_up(start, decision, refused, NOW, stored_policy(start.policy, start.policy_digest))


@pytest.mark.parametrize("key", ["", "k"])
def test_a_refused_decision_that_went_up_is_not_decided_again(key: str) -> None:
    decision = Decision(Event.APPROVE, "Ann", Level.MANAGER, idempotency_key=key)
    done = passed(after(record(stages_policy("manager")), SUBMIT), decision)

    assert repeated(done, decision) == done.history[-1].answer
    assert done.history[-1].answer.stages_left == (Level.DIRECTOR,)
    assert repeated(done, approve("Ann", Level.DIRECTOR)) is None
