# SPDX-License-Identifier: Apache-2.0
"""Whoever may sign now is written to, and nobody else."""

from approvals.domain.approvers import Approvers, approvers_of
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event
from tests.approvals.domain.worlds import SUBMIT, after, approve, people, record, request, stages_policy

POLICY = stages_policy("manager", "director", "vp", people=people("Ann", "Bea", "Dan", "Vic"))


def asked(policy: PolicyDocument, current: ApprovalRecord) -> tuple[str, ...]:
    return approvers_of(current, policy.policy).emails


def test_every_stage_asks_the_people_who_may_sign_it_now() -> None:
    at_manager = after(record(POLICY, request=request(requester="Ann")), SUBMIT)
    at_director = after(at_manager, approve("bea@example.com"))
    at_vp = after(at_director, Decision(Event.TIMEOUT))
    at_executive = after(at_vp, approve("Vic"))

    assert asked(POLICY, at_manager) == ("bea@example.com",)  # Ann asks
    assert asked(POLICY, at_director) == ("dan@example.com",)  # Bea has signed
    assert asked(POLICY, at_vp) == ("vic@example.com",)
    assert asked(POLICY, at_executive) == ()  # nobody is listed
    assert [approvers_of(one, POLICY.policy).signatures_left for one in (at_manager, at_executive)] == [3, 1]


def test_several_people_of_a_level_are_all_asked_in_the_policys_order() -> None:
    start = after(record(POLICY, request=request(requester="Zoe")), SUBMIT)

    assert asked(POLICY, start) == ("ann@example.com", "bea@example.com")


def test_a_policy_that_cannot_be_read_names_nobody() -> None:
    start = after(record(POLICY, request=request(requester="Zoe")), SUBMIT)

    assert approvers_of(start, None) == Approvers((), 3)


def test_where_nobody_is_left_at_a_level_somebody_above_is_asked() -> None:
    policy = stages_policy("manager", people=people("Ann", "Vic"))

    assert asked(policy, after(record(policy, request=request(requester="Ann")), SUBMIT)) == (
        "vic@example.com",
    )
