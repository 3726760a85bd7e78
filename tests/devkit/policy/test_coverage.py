# SPDX-License-Identifier: Apache-2.0
"""A rule is reported as covered exactly when it can never be the first to match."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument, policy_from_document
from approvals.domain.records import ApprovalRequest
from approvals.domain.routing import policy_facts, policy_route
from approvals.domain.terms import Risk
from devkit.policy.boxes import contains, covering, point_outside
from devkit.policy.coverage import covered_rules, taken_by
from tests.approvals.domain.worlds import policies, requests


def policy(*rules: dict[str, Any]) -> Policy:
    named = [{"name": f"r{position}", **rule} for position, rule in enumerate(rules)]
    return policy_from_document({"version": 1, "rules": named}).policy


def rule(auto: bool = False, **when: Any) -> dict[str, Any]:
    return {"when": when, "then": {"auto_approve": True} if auto else {"stages": ["manager"]}}


def covered(*rules: dict[str, Any]) -> dict[str, list[str]]:
    return {one.rule: [*one.by] for one in covered_rules(policy(*rules))}


@given(policies, st.lists(st.tuples(requests, st.sampled_from(Risk), st.booleans()), min_size=20))
def test_a_covered_rule_never_wins_whatever_is_asked(
    document: PolicyDocument, asked: list[tuple[ApprovalRequest, Risk, bool]]
) -> None:
    never = {one.rule for one in covered_rules(document.policy)}

    for request, risk, auto in asked:
        assert policy_route(document.policy, request, risk, auto_approval=auto).rule not in never


@given(policies)
def test_a_rule_that_is_not_covered_wins_a_request_that_the_search_finds(document: PolicyDocument) -> None:
    never = {one.rule for one in covered_rules(document.policy)}

    for one in document.policy.rules:
        found = taken_by(document.policy, one.name)
        assert (found is None) == (one.name in never)
        if found is not None:
            route = policy_route(
                document.policy, found.request, found.risk, auto_approval=found.auto_approval
            )
            assert route.rule == one.name


@given(policies, st.lists(st.tuples(requests, st.sampled_from(Risk)), min_size=20))
def test_the_named_rules_take_whatever_the_covered_one_would_and_none_of_them_is_named_needlessly(
    document: PolicyDocument, asked: list[tuple[ApprovalRequest, Risk]]
) -> None:
    read = document.policy
    rules = {one.name: one for one in read.rules}
    for name, by in covered_rules(read):
        for request, risk in asked:
            facts = policy_facts(read, request)
            amount_is_known = facts.amount is not None or not rules[name].then.auto_approve
            if amount_is_known and rules[name].when.matches(facts, risk):
                assert any(rules[each].when.matches(facts, risk) for each in by)
        for spared in by:
            fewer = read.model_copy(
                update={"rules": tuple(rules[each] for each in (*by, name) if each != spared)}
            )
            assert name not in {one.rule for one in covered_rules(fewer)}


@pytest.mark.parametrize(
    ("rules", "by"),
    [
        ([rule(), rule(risk=["low"])], {"r1": ["r0"]}),
        ([rule(amount={"to": 5}), rule(amount={"to": 5})], {"r1": ["r0"]}),
        ([rule(amount={"to": 5}), rule(amount={"below": 5})], {"r1": ["r0"]}),
        ([rule(amount={"below": 5}), rule(amount={"to": 5})], {}),
        ([rule(amount={"above": 5}), rule(amount={"from": 5})], {}),
        ([rule(amount={"from": 0}), rule()], {}),
        ([rule(amount={"to": 5}), rule(amount={"above": 5}), rule(amount={"to": 9})], {"r2": ["r0", "r1"]}),
        ([rule(risk=["low"]), rule(risk=["medium", "high"]), rule()], {"r2": ["r0", "r1"]}),
        ([rule(risk=["low", "medium", "high"]), rule(vendor=["Contoso"])], {"r1": ["r0"]}),
        ([rule(vendor=["Contoso"]), rule(vendor=["C\u043entoso"])], {"r1": ["r0"]}),
        ([rule(vendor=["a"]), rule(vendor=["a", "b"])], {}),
        (
            [
                rule(context={"team": ["a"]}),
                rule(context={"team": ["b"]}),
                rule(context={"team": ["a", "b"]}),
            ],
            {"r2": ["r0", "r1"]},
        ),
        ([rule(context={"team": ["a"]}), rule(context={"team": ["a"], "site": ["x"]})], {"r1": ["r0"]}),
        ([rule(context={"team": ["a"]}), rule(context={"site": ["x"]})], {}),
    ],
    ids=str,
)
def test_it_names_the_rules_that_cover(rules: list[dict[str, Any]], by: dict[str, list[str]]) -> None:
    assert covered(*rules) == by


def test_auto_approval_hides_no_rule_for_people_but_the_other_way_round_it_does() -> None:
    assert covered(rule(auto=True, amount={"to": 5}), rule(amount={"to": 5})) == {}
    assert covered(rule(amount={"to": 5}), rule(auto=True, amount={"to": 5})) == {"r1": ["r0"]}
    assert covered(rule(auto=True, amount={"to": 5}), rule(auto=True, amount={"to": 5})) == {"r1": ["r0"]}


def test_auto_approval_of_any_known_amount_is_covered_by_rules_that_take_them_all() -> None:
    assert covered(rule(amount={"to": 5}), rule(amount={"from": 5}), rule(auto=True)) == {"r2": ["r0", "r1"]}


def test_a_request_with_two_values_under_one_key_hides_nothing_from_the_search() -> None:
    both = policy(rule(context={"team": ["a"]}), rule(context={"team": ["b"]}))

    assert covered_rules(both) == []
    asked = ApprovalRequest(request_id="x", content="", context={"team": ["a", "b"]})
    assert policy_route(both, asked, Risk.LOW).rule == "r0"


_boxes = st.tuples(st.integers(1, 15), st.integers(1, 7), st.integers(1, 3))


@given(_boxes, st.lists(_boxes, max_size=6))
def test_a_point_outside_is_found_exactly_where_one_is(box: Any, others: list[Any]) -> None:
    points = [
        (1 << a, 1 << b, 1 << c)
        for a in range(4)
        for b in range(3)
        for c in range(2)
        if contains(box, (1 << a, 1 << b, 1 << c))
    ]
    free = [point for point in points if not any(contains(other, point) for other in others)]

    found = point_outside(box, others)

    assert (found in free) if free else found is None
    assert (covering(box, others) is None) == bool(free)


def test_five_hundred_rules_are_searched_quickly() -> None:
    rules = [
        rule(
            request_type=[f"t{n % 25}"], vendor=[f"v{n % 20}"], amount={"from": n, "to": n + 50}, risk=["low"]
        )
        for n in range(499)
    ]

    assert covered(*rules, rule(amount={"to": 1000})) == {}
