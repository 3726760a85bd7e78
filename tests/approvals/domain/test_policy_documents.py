# SPDX-License-Identifier: Apache-2.0
"""Any document is a policy or refused as a bad one, with a place and without a crash."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.domain.policy_reader import faults_in, read_policy
from approvals.errors import ApprovalError, ErrorCode

KEYS = st.sampled_from(
    [
        *(
            "version",
            "currency",
            "exchange_rates",
            "on_timeout",
            "separation_of_duties",
            "min_confidence",
            "redact",
        ),
        *(
            "second_opinion",
            "checks",
            "titles",
            "people",
            "deputies",
            "rules",
            "default",
            "name",
            "when",
            "then",
        ),
        *(
            "text",
            "request_type",
            "amount",
            "risk",
            "vendor",
            "cost_center",
            "context",
            "from",
            "above",
            "to",
            "below",
        ),
        *(
            "auto_approve",
            "stages",
            "deadline_hours",
            "level",
            "signatures",
            "levels",
            "email",
            "aliases",
            "of",
            "is",
        ),
        *("until", "USD", "EUR", "vp", "08", "1", "", "[key]", "approvers"),
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10_000),
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            "",
            "1",
            "USD",
            "a",
            "vp",
            "manager",
            "low",
            "1.000",
            "2026-01-01",
            "a@b.io",
            "email",
            "on",
            "\u200b",
        ]
    ),
)
VALUES: Any = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5).map(lambda found: {"version": 1, **found})


@settings(max_examples=500)
@given(DOCUMENTS, st.booleans())
def test_any_document_is_a_policy_or_refused_with_what_is_wrong(
    document: dict[str, Any], in_lines: bool
) -> None:
    text = json.dumps(document, indent=1 if in_lines else None)
    told = []
    try:
        read_policy(text)
    except ApprovalError as error:
        told = [error.code, len(error.message) < 4_000]

    assert told in ([], [ErrorCode.BAD_POLICY, True])
    assert bool(told) == bool(faults_in(text))
