# SPDX-License-Identifier: Apache-2.0
"""The flat variables that each tool answers with, exactly as its YAML declares them. Never null."""

from collections.abc import Mapping
from typing import Any

from approvals.domain.canonical import rfc3339
from approvals.errors import ErrorCode
from approvals.service import AnalyzeAnswer, FindResult, Found, ReplayResult, RouteResult, Status, SweepResult

_MESSAGE_LIMIT = 2_000
_CLOSED: Mapping[str, Any] = {
    "state": "",
    "previous_state": "",
    "next_step": "closed",
    "approver_level": "",
    "approver_email": "",
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
    cost = f"{variables['cost_usd']:.6f} USD" if variables["cost_known"] else "cost unknown"
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


def find_variables(result: FindResult, *, whole: bool) -> dict[str, Any]:
    """The variables of `find_approvals`; `whole` adds each request's history, for a page of one."""
    return {
        "status": Status.OK.value,
        "approvals": [_found(one, whole=whole) for one in result.found],
        "count": len(result.found),
        "next_cursor": result.next_cursor,
        "ledger_ok": result.ledger_ok,
    }


def find_text(variables: Mapping[str, Any]) -> str:
    """One line for a person."""
    more = ", and more" if variables["next_cursor"] else ""
    broken = "" if variables["ledger_ok"] else "; a ledger does not verify"
    return f"{variables['count']} found{more}{broken}"


def _found(one: Found, *, whole: bool) -> dict[str, Any]:
    record, analysis = one.record, one.record.analysis
    summary: dict[str, Any] = {
        "request_id": record.request_id,
        "state": record.state.value,
        "level": record.level or "",
        "stages_left": list(record.stages),
        "next_step": record.next_step,
        "requester": record.request.requester,
        "request_type": record.request.request_type,
        "amount": "" if record.request.amount is None else format(record.request.amount, "f"),
        "currency": record.request.currency,
        "risk_level": analysis.risk.value if analysis else "",
        "summary": analysis.summary if analysis else "",
        "policy_rule": record.route.rule if record.route else "",
        "deadline_at": rfc3339(record.deadline_at) if record.deadline_at else "",
        "overdue": one.overdue,
        "created_at": rfc3339(record.created_at),
        "updated_at": rfc3339(record.updated_at),
        "version": record.version,
    }
    if one.faults is not None:
        summary |= {"ledger_ok": not one.faults, "ledger_faults": list(one.faults[:10])}
    if whole:
        summary["record"] = record.model_dump(mode="json")
        summary["history"] = [
            {**step.entry.model_dump(mode="json"), "comment": step.comment} for step in record.history
        ]
    return summary


def sweep_variables(result: SweepResult) -> dict[str, Any]:
    """The variables of `sweep_deadlines`: ids of requests, and how many were looked at."""
    return {
        "status": Status.OK.value,
        "escalated": list(result.escalated),
        "expired": list(result.expired),
        "checked": result.checked,
    }


def sweep_text(variables: Mapping[str, Any]) -> str:
    """One line for a person."""
    moved = f"{len(variables['escalated'])} escalated, {len(variables['expired'])} expired"
    return f"{variables['checked']} overdue: {moved}"


def replay_variables(result: ReplayResult) -> dict[str, Any]:
    """The variables of `replay_dead_letters`: ids of requests, and how many were tried."""
    return {
        "status": Status.OK.value,
        "replayed_count": len(result.recovered) + len(result.still_failing),
        "recovered": list(result.recovered),
        "still_failing": list(result.still_failing),
    }


def replay_text(variables: Mapping[str, Any]) -> str:
    """One line for a person."""
    return f"{len(variables['recovered'])} recovered, {len(variables['still_failing'])} still failing"


def _error(code: str, message: str) -> dict[str, str]:
    return {"error_code": str(ErrorCode(code)), "error_message": message[:_MESSAGE_LIMIT]}
