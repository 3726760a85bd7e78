# SPDX-License-Identifier: Apache-2.0
"""Any document is a request to try, or refused with what is wrong with it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.policy_reader import read_policy
from approvals.errors import ApprovalError
from devkit.policy.asked import Asked, Said, read_asked
from devkit.policy.cases import read_cases
from devkit.policy.trying import facts_in_words, tried
from tests.approvals.domain.worlds import DEFAULT

KEYS = st.sampled_from([*Asked.model_fields, "what", "rule", "stages", "08", "[key]", ""])
LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 9_000) | st.floats(allow_nan=False)
    | st.sampled_from(["", "a", "USD", "INR", "low", "none", "manager", "12.50", "1.000", "2026-01-01", "9,000 USD"])
)  # fmt: skip
VALUES: Any = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


@given(st.dictionaries(KEYS, VALUES, max_size=5) | VALUES)
def test_any_document_is_tried_or_refused_with_a_reason(document: Any) -> None:
    fault = ""
    try:
        asked = read_asked(json.dumps(document))
    except (ValueError, ApprovalError) as error:
        fault = str(error)
    else:
        assert tried(DEFAULT.policy, asked)
        assert facts_in_words(DEFAULT.policy, asked)
    assert "Traceback" not in fault


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=5), max_size=3) | VALUES)
def test_any_document_is_a_table_of_cases_or_refused_with_a_reason(document: Any) -> None:
    try:
        cases = read_cases(json.dumps(document))
    except (ValueError, ApprovalError) as error:
        assert str(error)  # noqa: PT017 - either is right
    else:
        assert all(case.route(DEFAULT.policy, case.risk).rule for case in cases)


def test_what_others_take_of_a_budget_can_be_tried_and_a_budget_that_is_none_is_refused() -> None:
    policy = read_policy("version: 1\nbudgets: [{name: IT, period: year, amount: 100}]\n").policy
    asked = '{"amount": 1, "spent": {"IT": %s}}'
    within, beyond = (read_asked(asked % spent).checked(policy, Said.LOW) for spent in ("99", "99.01"))

    assert [[one.code for one in said.findings] for said in (within, beyond)] == [[], ["budget"]]
    with pytest.raises(ValueError, match="the policy has no budget 'HR'; its budgets: 'IT'"):
        read_asked('{"amount": 1, "spent": {"HR": 5}}').require_budgets(policy)
