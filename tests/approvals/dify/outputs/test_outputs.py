# SPDX-License-Identifier: Apache-2.0
"""Each tool's variables are those that its YAML declares, whatever became of the call; none is null."""

from decimal import Decimal
from typing import Any

import pytest

from approvals.dify.orders import find_order
from approvals.dify.outputs import Answer, Outputs
from approvals.dify.outputs.analysis import ANALYSIS, analysis_answer
from approvals.dify.outputs.batch import BATCH, batch_steps
from approvals.dify.outputs.finding import FIND, find_answer
from approvals.dify.outputs.replaying import REPLAY, replay_answer
from approvals.dify.outputs.routing import ROUTE, route_answer
from approvals.dify.outputs.sweeping import SWEEP, sweep_answer
from approvals.domain.decisions import Decision
from approvals.domain.terms import Event, Language
from approvals.errors import ApprovalError, ErrorCode
from approvals.service import (
    AnalyzeAnswer,
    BatchLine,
    BatchSummary,
    FindResult,
    Found,
    ReplayResult,
    RouteResult,
    Status,
    SweepResult,
)
from approvals.service.answers import Verified
from approvals.service.batch_answers import Percentiles
from tests.approvals.analysis.worlds import SPEND
from tests.approvals.domain.worlds import DEFAULT, analysis, carried_out, record
from tests.package.declared import output_names

TOOLS = (ANALYSIS, BATCH, FIND, REPLAY, ROUTE, SWEEP)
REFUSED = ApprovalError(ErrorCode.BAD_PARAMETER, "amount is 'x'; write digits")
SUBMITTED = carried_out(record(), Decision(Event.SUBMIT))


def analyzed(**changes: Any) -> Answer:
    said = analysis(**changes)
    status = Status.OK if said.usable else Status.MANUAL_REVIEW
    return analysis_answer(AnalyzeAnswer(status, record(analysis=said), said, True, said.flags, False, 7))


def summary(**changes: Any) -> BatchSummary:
    times = Percentiles.of([40])
    given = {"total": 1, "succeeded": 1, "failed": 0, "not_started": 0, "spend": SPEND, "tokens_saved": 0}
    return BatchSummary(
        **{**given, "per_call": times, "per_request": times, "seconds": 1.0, "first_error": None, **changes}
    )


def batch(*lines: BatchLine, **changes: Any) -> Answer:
    *logs, answer = batch_steps(lambda text, _data: text, len(lines), [*lines, summary(**changes)])
    assert isinstance(answer, Answer)
    assert len(logs) == len(lines)
    return answer


@pytest.mark.parametrize("outputs", TOOLS, ids=lambda outputs: outputs.tool)
def test_a_refused_call_has_every_variable_and_says_why(outputs: Outputs) -> None:
    refusal = outputs.refusal(REFUSED)

    assert set(refusal.variables) == output_names(outputs.tool) - {"ledger_ok"}
    assert None not in refusal.variables.values()
    assert refusal.variables["status"] == "refused"
    assert (refusal.variables["error_code"], refusal.variables["error_message"]) == (
        "bad_parameter",
        REFUSED.message,
    )
    assert refusal.text == "refused: bad_parameter: amount is 'x'; write digits"


@pytest.mark.parametrize(
    ("tool", "answer"),
    [
        ("analyze_approval", analyzed()),
        (
            "route_approval",
            route_answer("r-1", RouteResult(Status.OK, SUBMITTED.history[-1].answer, record=SUBMITTED), None),
        ),
        ("route_approval", route_answer("r-1", RouteResult(Status.REFUSED, None, error=REFUSED), None)),
        (
            "find_approvals",
            find_answer(
                find_order({"request_id": "r-1"}),
                FindResult([Found(SUBMITTED, False, Verified([], [], keyed=False))]),
            ),
        ),
        ("analyze_batch", batch(BatchLine(0, REFUSED), succeeded=0, failed=1, first_error=REFUSED)),
        ("sweep_deadlines", sweep_answer(SweepResult(["r-1"], [], 2, ["r-2"]))),
        ("replay_dead_letters", replay_answer(ReplayResult(["r-1"], []))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_has_the_variables_that_are_declared(tool: str, answer: Answer) -> None:
    assert set(answer.variables) == output_names(tool)
    assert None not in answer.variables.values()
    assert answer.text


def test_an_unknown_cost_is_left_out_and_never_zero() -> None:
    unknown = analyzed(cost_known=False, cost_usd=Decimal(0))

    assert "cost_usd" not in unknown.variables
    assert unknown.variables["cost_known"] is False
    assert "cost unknown" in unknown.text


def test_a_failed_analysis_says_why_a_person_decides() -> None:
    failed = analyzed(usable=False, error_code="model_unavailable", error_message="503")

    assert (failed.variables["status"], failed.variables["error_code"]) == (
        "manual_review",
        "model_unavailable",
    )
    assert failed.text == "r-1: a person decides. 503"


def test_the_title_and_the_brief_are_in_the_language_that_was_asked_for() -> None:
    answer = route_answer(
        "r-1",
        RouteResult(Status.OK, SUBMITTED.history[-1].answer, record=SUBMITTED, policy=DEFAULT.policy),
        Language.CHINESE,
    )

    assert answer.variables["brief"].startswith("**Ann** 申请")


@pytest.mark.parametrize(
    ("verified", "ok", "verdict", "text"),
    [
        (None, None, None, "1 found"),
        (Verified([], [], keyed=True), True, "keyed", "1 found"),
        (Verified([], [], keyed=False), True, "unkeyed", "1 found"),
        (
            Verified(["entry 1 was changed"], [], keyed=True),
            False,
            "faulty",
            "1 found; a ledger does not verify",
        ),
        (
            Verified([], ["2026-11-29"], keyed=True),
            False,
            "key_missing",
            "1 found; a ledger cannot be verified: ledger_key in the settings lacks a key",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_ledger_is_ok_only_where_that_could_be_verified(
    verified: Verified | None, ok: bool | None, verdict: str | None, text: str
) -> None:
    answer = find_answer(find_order({}), FindResult([Found(SUBMITTED, False, verified)]))

    assert answer.variables.get("ledger_ok") is ok
    assert answer.variables["approvals"][0].get("ledger_verdict") == verdict
    assert answer.text == text


def test_a_sweep_names_what_it_could_not_move() -> None:
    answer = sweep_answer(SweepResult(["r-1"], [], 3, ["r-2", "r-3"]))

    assert answer.variables["failed"] == ["r-2", "r-3"]
    assert answer.text == "3 overdue: 1 escalated, 0 expired, 2 could not be moved"


def test_a_batch_tells_what_went_wrong_in_a_table() -> None:
    lines = [BatchLine(n, ApprovalError(ErrorCode.BAD_PARAMETER, "amount | x")) for n in range(60)]
    answer = batch_steps(lambda text, _data: text, 60, [*lines, summary(total=60, succeeded=0, failed=60)])
    *_, last = answer

    assert isinstance(last, Answer)
    assert "| 0 | – | refused | amount &#124; x |\n" in last.text
    assert last.text.endswith("\n\n… and 10 more")
