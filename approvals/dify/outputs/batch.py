# SPDX-License-Identifier: Apache-2.0
"""The variables of `analyze_batch`: its lines as far as they fit into one message, its figures, its progress."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from approvals.dify.outputs import Answer, Outputs, error_variables
from approvals.dify.outputs.analysis import common_variables
from approvals.domain.brief.markup import plain
from approvals.domain.brief.report import table
from approvals.domain.canonical import rfc3339
from approvals.errors import ApprovalError, ErrorCode
from approvals.service import AnalyzeAnswer, BatchLine, BatchSummary, Status
from approvals.store.cursor import cursor_after
from approvals.store.dify.index_keys import just_after

RESULTS_LIMIT = 900_000
"""Bytes of JSON. Dify ends a plugin that sends a line of 5 MiB; nothing of ours comes near."""
_MESSAGE_LIMIT = 500  # of a line's error, as there may be ten thousand
_ROWS = 50
_LATE = (
    "the batch's time was over before this request was begun, or no call could succeed any more; nothing was stored: "
    "send it again, in a smaller batch"
)


class BatchAnswer:
    """Gathers the lines of a batch while they come."""

    def __init__(self, total: int, limit: int = RESULTS_LIMIT) -> None:
        self._total = total
        self._room = limit
        self._results: list[dict[str, Any]] = []
        self._left_out = 0
        self._newest = ""
        self.done = 0

    def add(self, line: BatchLine) -> bool:
        """One more line; true where another tenth is done."""
        result = _result(line)
        size = len(json.dumps(result, ensure_ascii=False).encode("utf-8", "surrogatepass")) + 2
        if self._left_out == 0 and size <= self._room:
            self._room -= size
            self._results.append(result)
        else:
            self._leave_out(line)
        tenths_before = self.done * 10 // self._total
        self.done += 1
        return self.done * 10 // self._total > tenths_before

    def _leave_out(self, line: BatchLine) -> None:
        self._left_out += 1
        if isinstance(line.outcome, AnalyzeAnswer):
            self._newest = max(self._newest, rfc3339(line.outcome.record.created_at))

    def variables(self, summary: BatchSummary) -> dict[str, Any]:
        """The variables of the tool. `total_cost_usd` is left out when any part of the cost is unknown."""
        spend, calls, requests = summary.spend, summary.per_call, summary.per_request
        everyone = summary.succeeded == summary.total
        variables: dict[str, Any] = {
            "status": (Status.OK if everyone else Status.MANUAL_REVIEW).value,
            "results": self._results,
            "request_ids": [one["request_id"] for one in self._results if one["request_id"]],
            "results_left_out": self._left_out,
            "next_cursor": cursor_after(just_after(self._newest)) if self._newest else "",
            "total": summary.total,
            "succeeded": summary.succeeded,
            "failed": summary.failed,
            "not_started": summary.not_started,
            "tokens_used": spend.prompt_tokens + spend.completion_tokens,
            "tokens_saved": summary.tokens_saved,
            "avg_latency_ms": round(calls.average, 1),
            "p50_latency_ms": calls.p50,
            "p95_latency_ms": calls.p95,
            "p99_latency_ms": calls.p99,
            "request_p50_latency_ms": requests.p50,
            "request_p95_latency_ms": requests.p95,
            "throughput_rps": round(summary.succeeded / max(summary.seconds, 0.001), 2),
            "calls_made": spend.attempts,
            **error_variables(None if everyone else summary.first_error or _late()),
        }
        if spend.cost_known:
            variables["total_cost_usd"] = float(round(spend.cost_usd, 6))
        return variables


def batch_steps[Message](
    log_message: Callable[[str, dict[str, Any]], Message],
    total: int,
    steps: Iterable[BatchLine | BatchSummary],
) -> Iterator[Answer | Message]:
    """A log message at every tenth, then the answer."""
    answer = BatchAnswer(total)
    for step in steps:
        if isinstance(step, BatchSummary):
            variables = answer.variables(step)
            yield Answer(variables, _text(variables))
        elif answer.add(step):
            progress = {"done": answer.done, "total": total}
            yield log_message(f"{answer.done:,} of {total:,} requests done", progress)


def _text(variables: Mapping[str, Any]) -> str:
    """The figures, and a table of what went wrong as far as a person reads it."""
    cost = f"{variables['total_cost_usd']:.6f} USD" if "total_cost_usd" in variables else "cost unknown"
    waiting = f", {variables['not_started']:,} not started" if variables["not_started"] else ""
    more = f"; {variables['results_left_out']:,} results left out" if variables["results_left_out"] else ""
    figures = (
        f"{variables['succeeded']:,} of {variables['total']:,} analysed, {variables['failed']:,} failed{waiting}{more} "
        f"({variables['calls_made']:,} calls, {variables['tokens_used']:,} tokens, {cost})"
    )
    wrong = [result for result in variables["results"] if result["error_code"]]
    if not wrong:
        return figures
    rows = (
        (str(result["index"]), plain(result["request_id"]), result["status"], plain(result["error_message"]))
        for result in wrong[:_ROWS]
    )
    rest = f"\n\n… and {len(wrong) - _ROWS:,} more" if len(wrong) > _ROWS else ""
    return f"{figures}\n\n{table(('Index', 'Request', 'Status', 'What went wrong'), rows)}{rest}"


def _result(line: BatchLine) -> dict[str, Any]:
    match line.outcome:
        case AnalyzeAnswer() as answer:
            return {
                "index": line.index,
                **common_variables(answer),
                **_policy(answer),
                **_error(answer.error),
            }
        case ApprovalError() as error:
            status = Status.MANUAL_REVIEW if line.stored_as else Status.REFUSED
            return {**_blank(line, status), **_error(error)}
        case None:
            return {**_blank(line, Status.NOT_STARTED), **_error(_late())}


def _policy(answer: AnalyzeAnswer) -> dict[str, Any]:
    """Who must sign by the policy, why, and what the checks found."""
    routed = answer.route
    return {
        "stages": [level.value for level in routed.stages] if routed else [],
        "reason": "; ".join(routed.reasons)[:_MESSAGE_LIMIT] if routed else "",
        "findings": [finding.model_dump(mode="json") for finding in answer.analysis.findings],
    }


def _blank(line: BatchLine, status: Status) -> dict[str, Any]:
    """A line without an analysis: its risk counts as high."""
    return {
        "index": line.index,
        "status": status.value,
        "request_id": line.stored_as,
        "version": 1 if line.stored_as else 0,
        "risk_level": "high",
        "suggested_level": "",
        "auto_approve_eligible": False,
        "confidence": 0.0,
        "summary": "",
        "flags": ["no_analysis"],
        "stages": [],
        "reason": "",
        "findings": [],
        "tokens_used": 0,
        "latency_ms": 0,
    }


def _error(error: ApprovalError | None) -> dict[str, str]:
    code_and_message = error_variables(error)
    return {**code_and_message, "error_message": code_and_message["error_message"][:_MESSAGE_LIMIT]}


def _late() -> ApprovalError:
    return ApprovalError(ErrorCode.DEADLINE_EXCEEDED, _LATE)


_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "results": [],
    "results_left_out": 0,
    "request_ids": [],
    "next_cursor": "",
    "total": 0,
    "succeeded": 0,
    "failed": 0,
    "not_started": 0,
    "tokens_used": 0,
    "tokens_saved": 0,
    "total_cost_usd": 0.0,
    "avg_latency_ms": 0.0,
    "p50_latency_ms": 0,
    "p95_latency_ms": 0,
    "p99_latency_ms": 0,
    "request_p50_latency_ms": 0,
    "request_p95_latency_ms": 0,
    "throughput_rps": 0.0,
    "calls_made": 0,
    "error_code": "",
    "error_message": "",
}
BATCH: Final = Outputs("analyze_batch", _NEUTRAL)
