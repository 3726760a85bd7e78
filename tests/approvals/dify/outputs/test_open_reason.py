# SPDX-License-Identifier: Apache-2.0
"""What `route_approval` says of a request that is not decided: what is missing, and how to go on."""

import pytest

from approvals.dify.outputs.open_reason import open_reason
from approvals.dify.outputs.routing import ROUTE
from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level
from approvals.errors import ApprovalError, ErrorCode
from approvals.service import RouteResult, Status
from tests.approvals.domain.worlds import SUBMIT, after, approve, record, stages_policy

LISTED = [
    {"name": name, "email": f"{name.lower()}@firm.example", "levels": ["manager", "vp"]}
    for name in ("Ann", "Bo", "Cy", "Dee")
]
TWO = stages_policy({"level": "manager", "signatures": 2}, "vp", people=LISTED)
"""Everybody who is listed may sign at both levels; Ann asks."""
SUBMITTED = after(record(TWO), SUBMIT)
BY_HAND = "Unless a form is open, start approval_resume.yml with the ID r-1"


def said(now: ApprovalRecord, code: ErrorCode | None = None) -> str:
    """What is said after an event that was carried out, or that met an error."""
    error = ApprovalError(code, "it was refused") if code else None
    status = Status.REFUSED if code else Status.OK
    return open_reason(
        RouteResult(status, now.history[-1].answer, error=error, record=now, policy=TWO.policy)
    )


def test_it_counts_what_is_missing_level_by_level_and_names_who_is_next() -> None:
    bo, cy, dee = (f"{name}@firm.example" for name in ("bo", "cy", "dee"))

    assert said(SUBMITTED) == (
        f"3 signatures are missing: manager x2, then vp, next by {bo} or {cy} or {dee}. {BY_HAND}"
    )
    assert said(after(SUBMITTED, approve("Bo"))) == (
        f"2 signatures are missing: manager, then vp, next by {cy} or {dee}. {BY_HAND}"
    )
    assert said(after(SUBMITTED, approve("Bo"), approve("Cy"))) == (
        f"1 signature is missing: vp, next by {dee}. {BY_HAND}"
    )


def test_of_a_decided_request_nothing_is_said_also_to_whoever_came_too_late() -> None:
    rejected = after(SUBMITTED, Decision(Event.REJECT, "Bo", Level.MANAGER))

    assert said(rejected) == ""
    assert said(rejected, ErrorCode.VERSION_CONFLICT) == ""
    assert said(rejected, ErrorCode.INVALID_TRANSITION) == ""
    assert said(rejected, ErrorCode.IDEMPOTENCY_MISMATCH) == "it was refused"


def test_a_returned_request_says_who_was_asked_and_where_the_answer_goes() -> None:
    returned = after(SUBMITTED, Decision(Event.RETURN, "Bo", Level.MANAGER, "Why?"))

    assert (
        said(returned) == "Ann was asked a question. Start approval_resume.yml with the ID r-1 and the answer"
    )


@pytest.mark.parametrize("code", [ErrorCode.NOT_AUTHORIZED, ErrorCode.NO_HIGHER_LEVEL])
def test_where_a_refused_decision_used_up_the_form_both_are_said(code: ErrorCode) -> None:
    assert said(SUBMITTED, code) == f"it was refused. {said(SUBMITTED)}"


@pytest.mark.parametrize(
    "code", [ErrorCode.VERSION_CONFLICT, ErrorCode.INVALID_TRANSITION, ErrorCode.NOT_DUE]
)
def test_where_a_form_may_be_open_elsewhere_only_the_refusal_is_said(code: ErrorCode) -> None:
    assert said(SUBMITTED, code) == "it was refused"


def test_a_call_that_could_not_be_read_says_why() -> None:
    refusal = ROUTE.refusal(ApprovalError(ErrorCode.BAD_PARAMETER, "event is 'x'"))

    assert refusal.variables["open_reason"] == refusal.variables["error_message"] == "event is 'x'"
