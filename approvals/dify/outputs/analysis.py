# SPDX-License-Identifier: Apache-2.0
"""The variables of `analyze_approval`."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.dify.outputs import Answer, Outputs, error_variables
from approvals.domain.terms import Risk
from approvals.service import AnalyzeAnswer, Status

_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "request_id": "",
    "version": 0,
    "revision": 0,
    "content_digest": "",
    "risk_level": Risk.HIGH.value,
    "suggested_level": "",
    "auto_approve_eligible": False,
    "confidence": 0.0,
    "summary": "",
    "decision_factors": [],
    "findings": [],
    "flags": [],
    "model": "",
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "tokens_used": 0,
    "cost_usd": 0.0,
    "cost_known": True,
    "latency_ms": 0,
    "overhead_ms": 0,
    "attempts": 0,
    "replayed": False,
    "error_code": "",
    "error_message": "",
}


def analysis_answer(answer: AnalyzeAnswer) -> Answer:
    """What an analysis answers. `cost_usd` is left out when any part of the cost is unknown."""
    analysis = answer.analysis
    variables: dict[str, Any] = {
        **common_variables(answer),
        "revision": answer.record.revision,
        "content_digest": answer.record.request.content_digest,
        "decision_factors": [factor.model_dump() for factor in analysis.factors],
        "findings": [finding.model_dump(mode="json") for finding in analysis.findings],
        "model": analysis.model,
        "prompt_tokens": analysis.prompt_tokens,
        "completion_tokens": analysis.completion_tokens,
        "cost_known": analysis.cost_known,
        "overhead_ms": answer.overhead_ms,
        "attempts": analysis.attempts,
        "replayed": answer.replayed,
        **error_variables(answer.error),
    }
    return Answer(variables, _text(variables))


def common_variables(answer: AnalyzeAnswer) -> dict[str, Any]:
    """What is said of an analysis alone and in a batch. `cost_usd` is left out when it is not known."""
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
        "flags": [*(flag.value for flag in answer.flags), *_about_storage(answer)],
        "tokens_used": analysis.tokens_used,
        "latency_ms": analysis.latency_ms,
    }
    if analysis.cost_known:
        variables["cost_usd"] = float(round(analysis.cost_usd, 9))
    return variables


def _about_storage(answer: AnalyzeAnswer) -> tuple[str, ...]:
    """A warning for whoever runs the installation; it says nothing about the request."""
    return ("storage_nearly_full",) if answer.storage_nearly_full else ()


def _text(variables: Mapping[str, Any]) -> str:
    cost = f"{variables['cost_usd']:.6f} USD" if variables["cost_known"] else "cost unknown"
    if variables["status"] == Status.MANUAL_REVIEW:
        return f"{variables['request_id']}: a person decides. {variables['error_message']}"
    automatic = "may be auto-approved" if variables["auto_approve_eligible"] else "needs a person"
    return (
        f"{variables['request_id']}: {variables['risk_level']} risk, {automatic}, suggested level "
        f"{variables['suggested_level']}. {variables['summary']} ({variables['tokens_used']} tokens, {cost})"
    )


ANALYSIS: Final = Outputs("analyze_approval", _NEUTRAL)
