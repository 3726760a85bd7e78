# SPDX-License-Identifier: Apache-2.0
"""The lifecycle as data: which event may happen in which state, and where it can lead.

The documentation's diagram, the workflow linter and the tests all read this table.
"""

from collections.abc import Mapping
from types import MappingProxyType

from approvals.domain.terms import Event, State
from approvals.errors import ApprovalError, ErrorCode

_REVIEW: Mapping[Event, frozenset[State]] = {
    Event.APPROVE: frozenset({State.APPROVED, State.UNDER_REVIEW}),
    Event.REJECT: frozenset({State.REJECTED}),
    Event.ESCALATE: frozenset({State.ESCALATED}),
    Event.RETURN: frozenset({State.RETURNED}),
    Event.TIMEOUT: frozenset({State.ESCALATED, State.EXPIRED}),
    Event.WITHDRAW: frozenset({State.WITHDRAWN}),
}

TABLE: Mapping[State, Mapping[Event, frozenset[State]]] = MappingProxyType(
    {
        State.PENDING: {
            Event.SUBMIT: frozenset({State.APPROVED, State.UNDER_REVIEW}),
            Event.WITHDRAW: frozenset({State.WITHDRAWN}),
        },
        State.UNDER_REVIEW: _REVIEW,
        State.ESCALATED: _REVIEW,
        State.RETURNED: {
            Event.RESUBMIT: frozenset({State.UNDER_REVIEW}),
            Event.TIMEOUT: frozenset({State.EXPIRED}),
            Event.WITHDRAW: frozenset({State.WITHDRAWN}),
        },
        State.APPROVED: {},
        State.REJECTED: {},
        State.EXPIRED: {},
        State.WITHDRAWN: {},
    }
)


def allowed_events(state: State) -> list[Event]:
    """The events that a state accepts, in the order of the table; empty for a final state."""
    return list(TABLE[state])


def require(state: State, event: Event) -> frozenset[State]:
    """The states that `event` can lead to from `state`.

    Raises `invalid_transition`, naming the state and the events it accepts.
    """
    targets = TABLE[state].get(event)
    if targets is None:
        allowed = ", ".join(allowed_events(state)) or "none: the request is closed"
        raise ApprovalError(
            ErrorCode.INVALID_TRANSITION,
            f"event '{event}' is not possible in state '{state}'; possible here: {allowed}",
        )
    return targets
