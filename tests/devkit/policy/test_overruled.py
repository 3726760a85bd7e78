# SPDX-License-Identifier: Apache-2.0
"""A rule is said never to decide only when no request is routed by it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.policy_reader import PolicyDocument, policy_from_document
from approvals.domain.records import Analysis, ApprovalRequest
from approvals.domain.routing import route
from devkit.policy.coverage import covered_rules
from devkit.policy.overruled import overruled_rules
from tests.approvals.domain.worlds import analyses, policies, requests


@given(policies, st.lists(st.tuples(requests, analyses), min_size=25))
def test_a_rule_that_is_named_never_decides(
    document: PolicyDocument, asked: list[tuple[ApprovalRequest, Analysis]]
) -> None:
    never = overruled_rules(document.policy)

    assert {one.rule for one in covered_rules(document.policy)} <= set(never)
    for request, said in asked:
        assert route(document.policy, request, said).rule not in never


@pytest.mark.parametrize(
    ("rules", "never"),
    [
        ([({"risk": ["high"]}, ["manager"])], ["r0"]),
        ([({"risk": ["high"]}, ["vp"])], []),
        ([({"risk": ["high"]}, ["manager", "director"])], []),
        ([({"risk": ["medium"]}, None)], ["r0"]),
        ([({"risk": ["low", "medium"], "amount": {"to": 5}}, None)], []),
        ([({"risk": ["low"]}, ["manager"]), ({"risk": ["medium"]}, ["manager"])], []),
        ([({"risk": ["low"]}, ["vp"]), ({}, ["director"])], ["r1"]),
        ([({"risk": ["low"], "request_type": ["a"]}, ["vp"]), ({}, ["director"])], []),
        ([({"amount": {"to": 9}, "risk": ["low"]}, None), ({"risk": ["medium"]}, ["manager"])], []),
    ],
    ids=str,
)
def test_what_never_decides(rules: list[tuple[dict[str, Any], list[str] | None]], never: list[str]) -> None:
    named = [
        {"name": f"r{n}", "when": when, "then": {"stages": stages} if stages else {"auto_approve": True}}
        for n, (when, stages) in enumerate(rules)
    ]

    assert overruled_rules(policy_from_document({"version": 1, "rules": named}).policy) == never
