# SPDX-License-Identifier: Apache-2.0
"""The lifecycle table is the one that was agreed, whole."""

import pytest

from approvals.domain import lifecycle
from approvals.domain.terms import Event, State
from approvals.errors import ApprovalError, ErrorCode

AGREED = {
    ("pending", "submit"): {"approved", "under_review"},
    ("pending", "withdraw"): {"withdrawn"},
    **{
        (state, event): targets
        for state in ("under_review", "escalated")
        for event, targets in {
            "approve": {"approved", "under_review"},
            "reject": {"rejected"},
            "escalate": {"escalated"},
            "return": {"returned"},
            "timeout": {"escalated", "expired"},
            "withdraw": {"withdrawn"},
        }.items()
    },
    ("returned", "resubmit"): {"under_review"},
    ("returned", "timeout"): {"expired"},
    ("returned", "withdraw"): {"withdrawn"},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_leads_where_agreed_or_is_refused(state: State, event: Event) -> None:
    agreed = AGREED.get((state.value, event.value))
    if agreed is not None:
        assert lifecycle.require(state, event) == agreed
        return

    with pytest.raises(ApprovalError) as caught:
        lifecycle.require(state, event)
    assert caught.value.code is ErrorCode.INVALID_TRANSITION
    assert f"'{state}'" in caught.value.message
    assert f"'{event}'" in caught.value.message


@pytest.mark.parametrize("state", State)
def test_the_final_states_are_those_that_accept_nothing(state: State) -> None:
    assert state.final == (not lifecycle.allowed_events(state))
