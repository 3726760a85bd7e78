# SPDX-License-Identifier: Apache-2.0
"""Has a request read by a model, checks the answer, and asks a stronger model where the policy wants it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from approvals.analysis.evidence import is_quoted, looks_like_orders, normalised, request_text
from approvals.analysis.prompt import SYSTEM, Prompt, build_prompt
from approvals.analysis.reply import AnalysisReply, ReplyInvalidError, parse_reply, reply_schema
from approvals.analysis.second_opinion import merged
from approvals.clock import Clock
from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRequest, Factor
from approvals.domain.terms import Flag
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    Deadline,
    FailureKind,
    LlmError,
    ReplySchema,
    Spend,
)

MAX_OUTPUT_TOKENS = 500  # per request; an ordinary analysis has about 110
_SCHEMA = ReplySchema(name="analyses", schema=reply_schema())


class ChatClient(Protocol):
    """The one thing that is needed of the inference layer."""

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        """One answered call. Raises `LlmError` with what was spent on the way."""
        ...


class AnalysisFailedError(ApprovalError):
    """No usable analysis could be had.

    `spend` is what trying cost; `callers_fault` says that trying again is no use until someone mends the
    settings. `latency_ms` is filled in by whoever measured.
    """

    def __init__(self, code: ErrorCode, message: str, spend: Spend, failure: LlmError | None = None) -> None:
        super().__init__(code, message)
        self.spend = spend
        self.callers_fault = failure is not None and failure.callers_fault
        self.key_refused = failure is not None and failure.kind is FailureKind.AUTH
        self.latency_ms = 0


@dataclass(frozen=True, slots=True)
class _Readings:
    replies: Mapping[str, AnalysisReply]
    cut_ids: frozenset[str]
    spend: Spend


class Analyst:
    """Reads requests with `model`, and with `second_model` where the policy asks for a second opinion."""

    def __init__(
        self,
        client: ChatClient,
        clock: Clock,
        *,
        model: str,
        second_model: str,
        max_content_tokens: int = 6_000,
    ) -> None:
        self._client = client
        self._clock = clock
        self._model = model
        self._second_model = second_model
        self._max_content_tokens = max_content_tokens

    def analyze(
        self, request: ApprovalRequest, policy: Policy, deadline: Deadline, model: str = ""
    ) -> Analysis:
        """The checked analysis of one request, with the second opinion if the policy wants one.

        Raises `AnalysisFailedError` when the model cannot be had or says nothing usable within the deadline.
        """
        started = self._clock.monotonic()
        try:
            first = self._read_one(request, model or self._model, deadline)
        except AnalysisFailedError as failure:
            failure.latency_ms = round((self._clock.monotonic() - started) * 1000)
            raise
        amount = policy.in_own_currency(request.amount, request.currency)
        if not policy.wants_second_opinion(amount, first.risk):
            return first
        try:
            second = self._read_one(request, self._second_model, deadline)
        except AnalysisFailedError as failure:
            return _without_second(first, failure)
        return merged(first, second)

    def _read_one(self, request: ApprovalRequest, model: str, deadline: Deadline) -> Analysis:
        started = self._clock.monotonic()
        readings = self._read((request,), model, deadline)
        latency_ms = round((self._clock.monotonic() - started) * 1000)
        return self._checked(request, model, readings, latency_ms)

    def _read(self, requests: Sequence[ApprovalRequest], model: str, deadline: Deadline) -> _Readings:
        """Ask once, and once more with the fault if the reply cannot be used."""
        prompt = build_prompt(requests, self._max_content_tokens)
        ids = [request.request_id for request in requests]
        messages = (ChatMessage("system", SYSTEM), ChatMessage("user", prompt.document))
        reply = self._ask(messages, model, ids, deadline, Spend.none())
        try:
            return _Readings(parse_reply(reply.text, ids), prompt.cut_ids, reply.spend)
        except ReplyInvalidError as fault:
            return self._ask_again(messages, model, ids, deadline, prompt, reply, fault)

    def _ask_again(  # noqa: PLR0913 - what the first question was made of
        self,
        messages: tuple[ChatMessage, ...],
        model: str,
        ids: Sequence[str],
        deadline: Deadline,
        prompt: Prompt,
        refused: ChatReply,
        fault: ReplyInvalidError,
    ) -> _Readings:
        complaint = f"Your reply was refused: {fault}. Reply again with the JSON document alone."
        follow_up = (
            ChatMessage("assistant", refused.text[:2000] or "(empty)"),
            ChatMessage("user", complaint),
        )
        reply = self._ask((*messages, *follow_up), model, ids, deadline, refused.spend)
        spend = refused.spend + reply.spend
        try:
            return _Readings(parse_reply(reply.text, ids), prompt.cut_ids, spend)
        except ReplyInvalidError as second_fault:
            raise AnalysisFailedError(
                ErrorCode.MODEL_REPLY_INVALID,
                f"model {shown(model)} gave no usable answer twice; the last fault: {second_fault}. "
                "A person decides; choose another model if this keeps happening.",
                spend,
            ) from None

    def _ask(
        self,
        messages: tuple[ChatMessage, ...],
        model: str,
        ids: Sequence[str],
        deadline: Deadline,
        spent: Spend,
    ) -> ChatReply:
        request = ChatRequest(
            model=model,
            messages=messages,
            reply_schema=_SCHEMA,
            max_output_tokens=MAX_OUTPUT_TOKENS * len(ids),
            request_id=ids[0],
        )
        try:
            return self._client.complete(request, deadline)
        except LlmError as failure:
            raise AnalysisFailedError(failure.code, failure.message, spent + failure.spend, failure) from None

    def _checked(
        self, request: ApprovalRequest, model: str, readings: _Readings, latency_ms: int
    ) -> Analysis:
        reply = readings.replies[request.request_id]
        haystack = normalised(request_text(request))
        factors = tuple(
            Factor(
                claim=factor.claim, evidence=factor.evidence, verified=is_quoted(factor.evidence, haystack)
            )
            for factor in reply.factors
        )
        found = {
            Flag.EVIDENCE_NOT_FOUND: not all(factor.verified for factor in factors),
            Flag.CONTENT_CUT: request.request_id in readings.cut_ids,
            Flag.SUSPICIOUS_TEXT: looks_like_orders(request),
        }
        return Analysis(
            usable=True,
            risk=reply.risk_level,
            level=reply.approver_level,
            auto_approve=reply.auto_approve,
            confidence=reply.confidence,
            summary=reply.summary,
            factors=factors,
            flags=tuple(flag for flag, present in found.items() if present),
            model=model,
            prompt_tokens=readings.spend.prompt_tokens,
            completion_tokens=readings.spend.completion_tokens,
            cost_usd=readings.spend.cost_usd,
            cost_known=readings.spend.cost_known,
            latency_ms=latency_ms,
            attempts=readings.spend.attempts,
            at=self._clock.now(),
        )


def _without_second(first: Analysis, failure: AnalysisFailedError) -> Analysis:
    """The first reading alone, flagged: nothing that needed two opinions is approved on one."""
    spend = failure.spend
    return first.model_copy(
        update={
            "flags": (*first.flags, Flag.SECOND_OPINION_MISSING),
            "prompt_tokens": first.prompt_tokens + spend.prompt_tokens,
            "completion_tokens": first.completion_tokens + spend.completion_tokens,
            "cost_usd": first.cost_usd + spend.cost_usd,
            "cost_known": first.cost_known and spend.cost_known,
            "attempts": first.attempts + spend.attempts,
            "error_code": failure.code,
            "error_message": failure.message,
        }
    )
