# SPDX-License-Identifier: Apache-2.0
"""Events on a record: where they lead, how many sign, and until when."""

from datetime import timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain import ledger, lifecycle
from approvals.domain.decisions import Decision
from approvals.domain.ledger_keys import UNKEYED, parse_ledger_keys
from approvals.domain.outcomes import escalated_stages
from approvals.domain.people import same_person
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import ApprovalRecord
from approvals.domain.revisions import with_revision
from approvals.domain.terms import Event, Level, State
from approvals.errors import ApprovalError, ErrorCode
from tests.approvals.domain.worlds import (
    NOW,
    SUBMIT,
    after,
    analyses,
    approve,
    carried_out,
    policies,
    record,
    refusal,
    request,
    requests,
    spellings,
    stages_policy,
)


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


def test_a_stage_is_signed_by_as_many_people_as_the_policy_asks_for() -> None:
    start = after(record(stages_policy("manager", {"level": "vp", "signatures": 2})), SUBMIT)
    once = after(start, approve("Bea", Level.MANAGER), approve("Vic", Level.VP))

    assert start.stages == (Level.MANAGER, Level.VP, Level.VP)
    assert (once.state, once.next_step, once.stages) == (State.UNDER_REVIEW, "review_vp", (Level.VP,))
    assert once.history[-1].answer.reason == "approved by Vic as vp; another vp signs next"
    assert after(once, approve("Val", Level.VP)).state is State.APPROVED


def test_a_stage_wants_different_people_even_where_a_later_stage_does_not() -> None:
    stages = ({"level": "vp", "signatures": 2}, "executive")
    start = after(record(stages_policy(*stages, distinct_approvers=False)), SUBMIT)
    once = after(start, approve("Vic", Level.VP))

    refused = refusal(once, approve("VIC", Level.EXECUTIVE))
    assert refused.code is ErrorCode.NOT_AUTHORIZED
    assert "signed for level 'vp' already" in refused.message
    assert after(once, approve("Val", Level.VP), approve("Vic", Level.EXECUTIVE)).state is State.APPROVED


def test_after_an_escalation_as_many_people_sign_as_before() -> None:
    escalated = after(
        record(stages_policy("manager", "director")), SUBMIT, Decision(Event.ESCALATE, "Bea", Level.MANAGER)
    )
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
    assert refusal(signed_once, approve("Eve", Level.EXECUTIVE)).code is ErrorCode.NOT_AUTHORIZED


def test_the_top_level_has_nobody_to_escalate_to() -> None:
    top = after(record(stages_policy("executive")), SUBMIT)

    assert refusal(top, Decision(Event.ESCALATE, "Eve", Level.EXECUTIVE)).code is ErrorCode.NO_HIGHER_LEVEL


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


def test_a_deadline_that_has_not_passed_moves_nothing() -> None:
    start = after(record(stages_policy("manager")), SUBMIT)
    early = Decision(Event.TIMEOUT)

    with pytest.raises(
        ApprovalError, match=r"^not_due: .*2026-03-03T09:01.*2026-03-03T09:00.*sweep_deadlines"
    ):
        carried_out(start, early, NOW + timedelta(hours=24, minutes=0))
    assert carried_out(start, early, NOW + timedelta(hours=24, minutes=1)).state is State.ESCALATED


def test_a_missed_deadline_is_the_systems_whoever_reports_it() -> None:
    overdue = after(record(stages_policy("manager")), SUBMIT, Decision(Event.TIMEOUT, "Mallory", Level.VP))

    assert (overdue.ledger[-1].actor, overdue.ledger[-1].how_known) == ("system", "")


def test_a_requester_shortens_the_deadline_to_an_hour_at_the_least() -> None:
    hasty = record(stages_policy("manager"), request=request(deadline_hours=Decimal("0.0001")))
    submitted = after(hasty, SUBMIT)

    assert submitted.deadline_at == submitted.updated_at + timedelta(hours=1)


def test_an_answer_that_was_stored_with_an_address_is_still_read() -> None:
    stored = after(record(stages_policy("manager")), SUBMIT).model_dump(mode="json")
    for step in stored["history"]:
        step["answer"]["approver_email"] = "ann@example.com"

    assert ApprovalRecord.model_validate(stored).history[-1].answer.state is State.UNDER_REVIEW


def test_every_stage_gets_its_own_deadline() -> None:
    start = after(record(stages_policy("manager", "director")), SUBMIT)
    later = carried_out(start, approve("Bea", Level.MANAGER), NOW + timedelta(hours=5))

    assert start.deadline_at == start.updated_at + timedelta(hours=24)
    assert later.deadline_at == NOW + timedelta(hours=29)


def test_a_refused_event_names_the_state_and_what_is_possible() -> None:
    with pytest.raises(ApprovalError, match=r"'approve'.*'pending'.*submit, withdraw"):
        carried_out(record(), approve("Bea", Level.MANAGER), NOW)


KEYS = parse_ledger_keys(f"{NOW.date()}:0123456789abcdefghijklmnopqrstuv")


@given(policies, requests, analyses, st.data())
def test_every_event_in_every_reachable_state_is_in_the_table_or_refused_and_the_ledger_holds(
    policy: PolicyDocument, asked: object, said: object, data: st.DataObject
) -> None:
    current = record(policy, request=asked, analysis=said)
    keys = data.draw(st.sampled_from([UNKEYED, KEYS]))
    for _ in range(data.draw(st.integers(0, 12))):
        if current.state is State.RETURNED and current.next_revision is None and data.draw(st.booleans()):
            content = f"content {current.version}"
            current = with_revision(current, request(content=content), current.updated_at)
        ledger.require_sound(current, keys)
        step = Decision(
            data.draw(st.sampled_from(Event)),
            data.draw(spellings),
            data.draw(st.none() | st.sampled_from(Level)),
        )
        hours = data.draw(st.sampled_from([0, 1, 200]))
        allowed = lifecycle.TABLE[current.state].get(step.event)
        try:
            following = carried_out(current, step, current.updated_at + timedelta(hours=hours), keys)
        except ApprovalError as error:
            refused_by_table = error.code is ErrorCode.INVALID_TRANSITION
            assert refused_by_table == (allowed is None)
            continue

        assert allowed is not None
        assert following.state in allowed
        assert following.version == current.version + 1
        assert list(following.stages) == sorted(following.stages, key=lambda level: level.rank)
        assert (following.level is None) == (not following.state.in_review)
        assert (following.deadline_at is None) == (not following.state.has_deadline)
        current = following

    assert ledger.record_faults(current, keys) == []
    assert ledger.missing_keys(current.ledger, keys) == []
    if current.state is State.APPROVED:
        assert_signed_as_the_policy_asks(current, policy.policy)


def assert_signed_as_the_policy_asks(approved: ApprovalRecord, policy: Policy) -> None:
    """As many signatures as the route had stages, none of them the requester's, two of one person, or of a stranger."""
    assert approved.route is not None
    signed = [
        entry
        for entry in approved.ledger
        if entry.event is Event.APPROVE and entry.revision == approved.revision
    ]
    signers = [entry.actor for entry in signed]
    levels = [Level(entry.level) for entry in signed]
    known = [policy.directory.find(entry.acting_for or entry.actor) for entry in signed]
    who = [[name for name in (entry.actor, entry.acting_for) if name] for entry in signed]

    assert len(signers) == len(approved.route.stages)
    assert all(level.rank >= stage.rank for level, stage in zip(levels, approved.route.stages, strict=True))
    if policy.people:
        assert None not in known
        assert all(
            person is not None and level in person.levels for person, level in zip(known, levels, strict=True)
        )
    if policy.separation_of_duties:
        requester = approved.request.requester
        assert not any(same_person(policy.directory, name, requester) for names in who for name in names)
    if policy.distinct_approvers:
        pairs = [(one, other) for names, others in combinations(who, 2) for one in names for other in others]
        assert not any(same_person(policy.directory, one, other) for one, other in pairs)
