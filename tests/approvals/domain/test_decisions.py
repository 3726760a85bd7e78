# SPDX-License-Identifier: Apache-2.0
"""Events on a record: who may do what, where it leads, and what a repeat answers."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain import ledger, lifecycle
from approvals.domain.decisions import Decision
from approvals.domain.idempotency import repeated
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level, State
from approvals.domain.transitions import answer_of, escalated_stages
from approvals.errors import ApprovalError, ErrorCode
from tests.approvals.domain.worlds import (
    NOW,
    analyses,
    carried_out,
    policies,
    record,
    requests,
    stages_policy,
)

SUBMIT = Decision(Event.SUBMIT)


def after(start: ApprovalRecord, *steps: Decision) -> ApprovalRecord:
    """The record after the steps, a minute apart."""
    for number, step in enumerate(steps):
        start = carried_out(start, step, NOW + timedelta(minutes=number))
    return start


def approve(actor: str, level: Level) -> Decision:
    return Decision(Event.APPROVE, actor, level)


def refusal(start: ApprovalRecord, step: Decision) -> ErrorCode:
    """The code that a refused step is refused with."""
    with pytest.raises(ApprovalError) as caught:
        carried_out(start, step, NOW)
    return caught.value.code


def test_each_stage_signs_in_order_until_the_last_approves() -> None:
    submitted = after(record(stages_policy("manager", "director")), SUBMIT)
    signed_once = after(submitted, approve("Bea", Level.MANAGER))
    signed_twice = after(signed_once, approve("Dan", Level.DIRECTOR))

    assert (submitted.state, submitted.next_step) == (State.UNDER_REVIEW, "review_manager")
    assert (signed_once.state, signed_once.next_step) == (State.UNDER_REVIEW, "review_director")
    assert (signed_twice.state, signed_twice.next_step) == (State.APPROVED, "closed")


@pytest.mark.parametrize(
    ("stages", "escalated"),
    [
        ("manager", "director"),
        ("manager vp", "director vp"),
        ("manager director", "director vp"),
        ("manager director vp", "director vp executive"),
        ("director vp", "vp executive"),
        ("vp executive", "executive executive"),
        ("manager director vp executive", "director vp executive executive"),
        ("vp vp", "executive executive"),
        ("manager manager director", "director vp executive"),
    ],
)
def test_an_escalation_goes_one_level_up_and_keeps_the_number_of_signatures(
    stages: str, escalated: str
) -> None:
    assert " ".join(escalated_stages([Level(level) for level in stages.split()])) == escalated


@given(st.lists(st.sampled_from(Level), min_size=1, max_size=6))
def test_no_escalation_lowers_the_number_of_signatures_or_a_level(levels: list[Level]) -> None:
    missing = tuple(sorted(levels, key=lambda level: level.rank))
    while missing[0].above:
        escalated = escalated_stages(missing)

        assert len(escalated) == len(missing)
        assert escalated[0] is missing[0].above
        assert all(now.rank >= before.rank for now, before in zip(escalated, missing, strict=True))
        assert list(escalated) == sorted(escalated, key=lambda level: level.rank)
        missing = escalated


def test_after_an_escalation_as_many_people_sign_as_before() -> None:
    escalated = after(record(stages_policy("manager", "director")), SUBMIT, Decision(Event.ESCALATE, "Bea"))
    signed_once = after(escalated, approve("Dan", Level.DIRECTOR))

    assert (escalated.state, escalated.next_step) == (State.ESCALATED, "review_director")
    assert escalated.history[-1].answer.stages_left == (Level.DIRECTOR, Level.VP)
    assert (signed_once.state, signed_once.stages) == (State.UNDER_REVIEW, (Level.VP,))
    assert after(signed_once, approve("Vic", Level.VP)).state is State.APPROVED


def test_missed_deadlines_drop_no_signature_on_their_way_up() -> None:
    start = after(record(stages_policy("manager", "director")), SUBMIT)
    climbed = after(start, *[Decision(Event.TIMEOUT)] * 3)
    signed_once = after(climbed, approve("Eve", Level.EXECUTIVE))

    assert climbed.stages == (Level.EXECUTIVE, Level.EXECUTIVE)
    assert (signed_once.state, signed_once.next_step) == (State.UNDER_REVIEW, "review_executive")
    assert refusal(signed_once, approve("Eve", Level.EXECUTIVE)) is ErrorCode.NOT_AUTHORIZED


def test_the_top_level_has_nobody_to_escalate_to() -> None:
    top = after(record(stages_policy("executive")), SUBMIT)

    assert refusal(top, Decision(Event.ESCALATE, "Eve")) is ErrorCode.NO_HIGHER_LEVEL


def test_a_missed_deadline_climbs_the_ladder_and_expires_at_its_top() -> None:
    start = after(record(stages_policy("director")), SUBMIT)
    climbed = after(start, Decision(Event.TIMEOUT), Decision(Event.TIMEOUT))

    assert (climbed.state, climbed.level) == (State.ESCALATED, Level.EXECUTIVE)
    assert after(climbed, Decision(Event.TIMEOUT)).state is State.EXPIRED


def test_a_missed_deadline_expires_at_once_where_the_policy_says_so() -> None:
    assert (
        after(record(stages_policy("manager", on_timeout="expire")), SUBMIT, Decision(Event.TIMEOUT)).state
        is State.EXPIRED
    )


def test_every_step_names_the_address_of_the_level_that_is_now_open() -> None:
    known = {"manager": "ann@example.com", "vp": "vic@example.com"}
    start = record(stages_policy("manager", "director", "vp", approvers=known))
    steps = [approve("Bea", Level.MANAGER), Decision(Event.TIMEOUT), approve("Vic", Level.VP)]

    done = after(start, SUBMIT, *steps)

    levels = [(step.answer.approver_level, step.answer.approver_email) for step in done.history]
    assert levels == [
        ("manager", "ann@example.com"),
        ("director", ""),
        ("vp", "vic@example.com"),
        ("executive", ""),
    ]


def test_without_its_policy_an_answer_names_no_address() -> None:
    sound = after(record(stages_policy("manager", approvers={"manager": "ann@example.com"})), SUBMIT)

    answer = answer_of(sound, None, previous=sound.state, reason="")

    assert (answer.approver_level, answer.approver_email) == ("manager", "")


def test_an_answer_that_was_stored_before_there_were_addresses_is_still_read() -> None:
    stored = after(record(stages_policy("manager")), SUBMIT).model_dump(mode="json")
    for step in stored["history"]:
        del step["answer"]["approver_email"]

    assert ApprovalRecord.model_validate(stored).history[-1].answer.approver_email == ""


def test_every_stage_gets_its_own_deadline() -> None:
    start = after(record(stages_policy("manager", "director")), SUBMIT)
    later = carried_out(start, approve("Bea", Level.MANAGER), NOW + timedelta(hours=5))

    assert start.deadline_at == NOW + timedelta(hours=24)
    assert later.deadline_at == NOW + timedelta(hours=29)


@pytest.mark.parametrize("name", ["Ann", "ann", "  ANN ", "\uff21nn"])
@pytest.mark.parametrize("event", [Event.APPROVE, Event.REJECT])
def test_the_requester_never_decides_however_the_name_is_typed(name: str, event: Event) -> None:
    start = after(record(stages_policy("manager")), SUBMIT)

    assert refusal(start, Decision(event, name, Level.MANAGER)) is ErrorCode.NOT_AUTHORIZED


def test_the_requester_may_decide_where_the_policy_allows_it() -> None:
    start = after(record(stages_policy("manager", separation_of_duties=False)), SUBMIT)

    assert after(start, approve("Ann", Level.MANAGER)).state is State.APPROVED


def test_nobody_signs_two_stages_unless_the_policy_allows_it() -> None:
    strict = after(record(stages_policy("manager", "director")), SUBMIT, approve("Bea", Level.MANAGER))
    lax_policy = stages_policy("manager", "director", distinct_approvers=False)
    lax = after(record(lax_policy), SUBMIT, approve("Bea", Level.MANAGER))

    assert refusal(strict, approve("bea", Level.DIRECTOR)) is ErrorCode.NOT_AUTHORIZED
    assert after(lax, approve("Bea", Level.DIRECTOR)).state is State.APPROVED


def test_a_level_below_the_stage_may_not_sign_and_one_above_may() -> None:
    start = after(record(stages_policy("director")), SUBMIT)

    assert refusal(start, approve("Bea", Level.MANAGER)) is ErrorCode.NOT_AUTHORIZED
    assert after(start, approve("Vic", Level.VP)).state is State.APPROVED


@pytest.mark.parametrize(
    "step", [Decision(Event.APPROVE, "", Level.MANAGER), Decision(Event.REJECT, "Bea", None)]
)
def test_a_decision_needs_a_name_and_a_level(step: Decision) -> None:
    start = after(record(stages_policy("manager")), SUBMIT)

    assert refusal(start, step) is ErrorCode.BAD_PARAMETER


def test_a_refused_event_names_the_state_and_what_is_possible() -> None:
    with pytest.raises(ApprovalError, match=r"'approve'.*'pending'.*submit, withdraw"):
        carried_out(record(), approve("Bea", Level.MANAGER), NOW)


@given(policies, requests, analyses, st.data())
def test_every_event_in_every_reachable_state_is_in_the_table_or_refused_and_the_ledger_holds(
    policy: PolicyDocument, asked: object, said: object, data: st.DataObject
) -> None:
    current = record(policy, request=asked, analysis=said)
    for number in range(data.draw(st.integers(0, 12))):
        step = Decision(
            data.draw(st.sampled_from(Event)),
            data.draw(st.sampled_from(["Ann", "Bea", "Dan", "Vic", ""])),
            data.draw(st.none() | st.sampled_from(Level)),
        )
        allowed = lifecycle.TABLE[current.state].get(step.event)
        try:
            following = carried_out(current, step, NOW + timedelta(minutes=number))
        except ApprovalError as error:
            refused_by_table = error.code is ErrorCode.INVALID_TRANSITION
            assert refused_by_table == (allowed is None)
            continue

        assert allowed is not None
        assert following.state in allowed
        assert following.version == current.version + 1
        assert list(following.stages) == sorted(following.stages, key=lambda level: level.rank)
        assert (following.level is None) == (following.deadline_at is None) == following.state.final
        current = following

    assert ledger.record_faults(current) == []


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
