# SPDX-License-Identifier: Apache-2.0
"""One reading: requests go to a model in one call, and come back as checked analyses that share the call's cost."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from approvals.analysis.evidence import is_quoted, looks_like_orders, request_text
from approvals.analysis.packing import estimated_tokens
from approvals.analysis.prompt import SYSTEM, Prompt, build_prompt
from approvals.analysis.reply import AnalysisReply, ReplyInvalidError, parse_reply, reply_schema
from approvals.analysis.shares import shared
from approvals.clock import Clock
from approvals.domain.records import Analysis, ApprovalRequest, Factor, Total
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
from approvals.text.currencies import currencies_of
from approvals.text.fold import normalised

MAX_OUTPUT_TOKENS = 500  # per request; an ordinary analysis has about 110
REPLY_SCHEMA = ReplySchema(name="analyses", schema=reply_schema())

# The endpoint would fail a smaller call in the same way: it is not there, not ready, or not to be had with this key.
_SIZE_IS_NO_MATTER = frozenset(
    {
        FailureKind.NAME_NOT_FOUND,
        FailureKind.REFUSED,
        FailureKind.CONNECT,
        FailureKind.TLS,
        FailureKind.REDIRECT,
        FailureKind.RATE_LIMITED,
        FailureKind.LIMITER_FULL,
        FailureKind.CIRCUIT_OPEN,
        FailureKind.SHUTTING_DOWN,
    }
)


class ChatClient(Protocol):
    """The one thing that is needed of the inference layer."""

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        """One answered call. Raises `LlmError` with what was spent on the way."""
        ...


class AnalysisFailedError(ApprovalError):
    """No usable analysis could be had.

    `spend` is what trying cost; `callers_fault` says that trying again is no use until someone mends the
    settings, `smaller_may_work` that the same requests in smaller calls may fare better. `latency_ms` is filled in
    by whoever measured.
    """

    def __init__(self, code: ErrorCode, message: str, spend: Spend, failure: LlmError | None = None) -> None:
        super().__init__(code, message)
        self.spend = spend
        self.callers_fault = failure is not None and failure.callers_fault
        self.key_refused = failure is not None and failure.kind is FailureKind.AUTH
        self.smaller_may_work = failure is None or not (
            failure.callers_fault or failure.kind in _SIZE_IS_NO_MATTER
        )
        self.latency_ms = 0

    def with_spend(self, spend: Spend) -> "AnalysisFailedError":
        """The same failure of one request, with its own part of what was spent."""
        other = AnalysisFailedError(self.code, self.message, spend)
        other.callers_fault, other.key_refused = self.callers_fault, self.key_refused
        other.smaller_may_work, other.latency_ms = self.smaller_may_work, self.latency_ms
        return other


class _Question(NamedTuple):
    """What is asked in one call, and again if the reply cannot be used."""

    model: str
    ids: tuple[str, ...]
    prompt: Prompt
    deadline: Deadline


class Reader:
    """Asks, checks the answer, and asks once more with the fault where it cannot be used."""

    def __init__(self, client: ChatClient, clock: Clock, *, max_content_tokens: int) -> None:
        self._client = client
        self._clock = clock
        self._max_content_tokens = max_content_tokens

    def through(self, client: ChatClient) -> "Reader":
        """The same reader, whose calls go through another client."""
        return Reader(client, self._clock, max_content_tokens=self._max_content_tokens)

    def read(self, requests: Sequence[ApprovalRequest], model: str, deadline: Deadline) -> list[Analysis]:
        """The analyses in the order of the requests, whose ids must differ. The cost is split by their lengths.

        Raises `AnalysisFailedError`, for all of them together.
        """
        started = self._clock.monotonic()
        prompt = build_prompt(requests, self._max_content_tokens)
        question = _Question(model, tuple(request.request_id for request in requests), prompt, deadline)
        try:
            replies, spend = self._answered(question)
        except AnalysisFailedError as failure:
            failure.latency_ms = self._since(started)
            raise
        latency_ms = self._since(started)
        spends = (
            [spend] if len(requests) == 1 else shared(spend, [estimated_tokens(each) for each in requests])
        )
        return [
            self._checked(request, question, replies[request.request_id], part, latency_ms)
            for request, part in zip(requests, spends, strict=True)
        ]

    def _answered(self, question: _Question) -> tuple[dict[str, AnalysisReply], Spend]:
        messages = (ChatMessage("system", SYSTEM), ChatMessage("user", question.prompt.document))
        first = self._ask(question, messages, Spend.none())
        try:
            return parse_reply(first.text, question.ids), first.spend
        except ReplyInvalidError as fault:
            complaint = f"Your reply was refused: {fault}. Reply again with the JSON document alone."
        follow_up = (
            ChatMessage("assistant", first.text[:2000] or "(empty)"),
            ChatMessage("user", complaint),
        )
        second = self._ask(question, (*messages, *follow_up), first.spend)
        spend = first.spend + second.spend
        try:
            return parse_reply(second.text, question.ids), spend
        except ReplyInvalidError as fault:
            raise AnalysisFailedError(
                ErrorCode.MODEL_REPLY_INVALID,
                f"model {shown(question.model)} gave no usable answer twice; the last fault: {fault}. "
                "A person decides; choose another model if this keeps happening.",
                spend,
            ) from None

    def _ask(self, question: _Question, messages: tuple[ChatMessage, ...], spent: Spend) -> ChatReply:
        request = ChatRequest(
            model=question.model,
            messages=messages,
            reply_schema=REPLY_SCHEMA,
            max_output_tokens=MAX_OUTPUT_TOKENS * len(question.ids),
            request_id=question.ids[0],
        )
        try:
            return self._client.complete(request, question.deadline)
        except LlmError as failure:
            raise AnalysisFailedError(failure.code, failure.message, spent + failure.spend, failure) from None

    def _checked(
        self,
        request: ApprovalRequest,
        question: _Question,
        reply: AnalysisReply,
        spend: Spend,
        latency_ms: int,
    ) -> Analysis:
        haystack = normalised(request_text(request))
        factors = tuple(
            Factor(
                claim=factor.claim, evidence=factor.evidence, verified=is_quoted(factor.evidence, haystack)
            )
            for factor in reply.factors
        )
        found = {
            Flag.EVIDENCE_NOT_FOUND: not factors or not all(factor.verified for factor in factors),
            Flag.CONTENT_CUT: request.request_id in question.prompt.cut_ids,
            Flag.SUSPICIOUS_TEXT: reply.addresses_reader or looks_like_orders(request),
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
            total=_total(reply, request),
            model=question.model,
            prompt_tokens=spend.prompt_tokens,
            completion_tokens=spend.completion_tokens,
            cost_usd=spend.cost_usd,
            cost_known=spend.cost_known,
            latency_ms=latency_ms,
            attempts=spend.attempts,
            at=self._clock.now(),
        )

    def _since(self, started: float) -> int:
        return round((self._clock.monotonic() - started) * 1000)


def _total(reply: AnalysisReply, request: ApprovalRequest) -> Total | None:
    """The total that the model read, in the request's currency where its sign may stand for that."""
    if reply.total is None or not reply.total.amount:
        return None
    codes = currencies_of(reply.total.currency.strip()) if reply.total.currency.strip() else ()
    if not codes:
        return Total(amount=reply.total.amount, currency=reply.total.currency.strip().upper())
    return Total(
        amount=reply.total.amount, currency=request.currency if request.currency in codes else codes[0]
    )
