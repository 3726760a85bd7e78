# SPDX-License-Identifier: Apache-2.0
"""The flat variables that each tool answers with, exactly as its YAML declares them. Never null."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from approvals.desk import AnalyzeAnswer, RouteResult, Status
from approvals.errors import ErrorCode

_MESSAGE_LIMIT = 2_000
_CLOSED: Mapping[str, Any] = {
    "state": "",
    "previous_state": "",
    "next_step": "closed",
    "approver_level": "",
    "stages_left": [],
    "deadline_at": "",
    "version": 0,
    "reason": "",
    "policy_rule": "",
    "policy_digest": "",
    "entry_hash": "",
}


def analyze_variables(answer: AnalyzeAnswer) -> dict[str, Any]:
    """The variables of `analyze_approval`. `cost_usd` is left out when any part of the cost is unknown."""
    analysis = answer.analysis
    variables: dict[str, Any] = {
        "status": answer.status.value,
        "request_id": answer.record.request_id,
        "version": answer.record.version,
        "risk_level": analysis.risk.value,
        "suggested_level": analysis.level.value,
        "auto_approve_eligible": answer.auto_approve_eligible,
        "confidence": analysis.confidence,
        "summary": analysis.summary,
        "decision_factors": [factor.model_dump() for factor in analysis.factors],
        "flags": [flag.value for flag in answer.flags],
        "model": analysis.model,
        "prompt_tokens": analysis.prompt_tokens,
        "completion_tokens": analysis.completion_tokens,
        "tokens_used": analysis.prompt_tokens + analysis.completion_tokens,
        "cost_known": analysis.cost_known,
        "latency_ms": analysis.latency_ms,
        "attempts": analysis.attempts,
        "replayed": answer.replayed,
    }
    if analysis.cost_known:
        variables["cost_usd"] = float(analysis.cost_usd)
    if answer.status is not Status.OK:
        variables |= _error(analysis.error_code, analysis.error_message)
    return variables


def analyze_text(variables: Mapping[str, Any]) -> str:
    """One line for a person."""
    cost = f"{Decimal(str(variables['cost_usd'])):.6f} USD" if variables["cost_known"] else "cost unknown"
    if variables["status"] == Status.MANUAL_REVIEW:
        return f"{variables['request_id']}: a person decides. {variables['error_message']}"
    automatic = "may be auto-approved" if variables["auto_approve_eligible"] else "needs a person"
    return (
        f"{variables['request_id']}: {variables['risk_level']} risk, {automatic}, suggested level "
        f"{variables['suggested_level']}. {variables['summary']} ({variables['tokens_used']} tokens, {cost})"
    )


def route_variables(request_id: str, result: RouteResult) -> dict[str, Any]:
    """The variables of `route_approval`; of a request that does not exist, empty ones."""
    standing = result.answer.model_dump(mode="json") if result.answer else _CLOSED
    variables = {
        "status": result.status.value,
        "request_id": request_id,
        **standing,
        "replayed": result.replayed,
    }
    if result.error is not None:
        variables |= _error(result.error.code, result.error.message)
    return variables


def route_text(variables: Mapping[str, Any]) -> str:
    """One line for a person."""
    if variables["status"] != Status.OK:
        return f"{variables['request_id']}: {variables['status']}. {variables['error_message']}"
    return (
        f"{variables['request_id']}: {variables['previous_state']} → {variables['state']}, "
        f"next {variables['next_step']}. {variables['reason']}"
    )


def _error(code: str, message: str) -> dict[str, str]:
    return {"error_code": str(ErrorCode(code)), "error_message": message[:_MESSAGE_LIMIT]}
