# SPDX-License-Identifier: Apache-2.0
"""One reading: requests go to a model in one call, and come back as checked analyses that share the call's cost."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from approvals.analysis.asking import AnalysisFailedError, Asking, ChatClient, Question
from approvals.analysis.cost_split import split_spend
from approvals.analysis.evidence import is_quoted, looks_like_orders, request_text
from approvals.analysis.packing import estimated_tokens
from approvals.analysis.placeholders import NOTE, Placeholders
from approvals.analysis.prompt import Prompt, build_prompt
from approvals.analysis.reply import AnalysisReply
from approvals.clock import Clock
from approvals.domain.records import Analysis, ApprovalRequest, Factor, Total
from approvals.domain.terms import Flag
from approvals.llm import Deadline, Spend
from approvals.text.currencies import currencies_of
from approvals.text.fold import normalised
from approvals.text.personal import PersonalData


class _Reading(NamedTuple):
    """What the analyses of one call have in common."""

    model: str
    prompt: Prompt
    placeholders: Placeholders
    latency_ms: int


class Reader:
    """Turns requests into checked analyses, several in one call."""

    def __init__(
        self,
        asking: Asking,
        clock: Clock,
        *,
        max_content_tokens: int,
        hidden: Collection[PersonalData] = (),
    ) -> None:
        self._asking = asking
        self._clock = clock
        self._max_content_tokens = max_content_tokens
        self._hidden = hidden

    def through(self, client: ChatClient) -> "Reader":
        """The same reader, whose calls go through another client."""
        return self._like(self._asking.through(client), self._hidden)

    def hiding(self, kinds: Collection[PersonalData]) -> "Reader":
        """The same reader, which hides personal data of these kinds from the model."""
        return self._like(self._asking, kinds)

    def _like(self, asking: Asking, hidden: Collection[PersonalData]) -> "Reader":
        return Reader(asking, self._clock, max_content_tokens=self._max_content_tokens, hidden=hidden)

    def read(self, requests: Sequence[ApprovalRequest], model: str, deadline: Deadline) -> list[Analysis]:
        """The analyses in the order of the requests, whose ids must differ. The cost is split by their lengths.

        Raises `AnalysisFailedError`, for all of them together.
        """
        started = self._clock.monotonic()
        placeholders = Placeholders(requests, self._hidden)
        sent = [placeholders.request(request) for request in requests]
        prompt = build_prompt(sent, self._max_content_tokens)
        ids = tuple(request.request_id for request in sent)
        note = NOTE if placeholders.hidden_any else ""
        try:
            answer = self._asking.ask(Question(model, ids, prompt.document, deadline, note))
        except AnalysisFailedError as failure:
            failure.latency_ms = self._since(started)
            raise
        reading = _Reading(model, prompt, placeholders, self._since(started))
        spends = split_spend(answer.spend, [estimated_tokens(each) for each in requests])
        return [
            self._checked(request, reading, answer.replies[sent_id], part)
            for request, sent_id, part in zip(requests, ids, spends, strict=True)
        ]

    def _checked(
        self,
        request: ApprovalRequest,
        reading: _Reading,
        reply: AnalysisReply,
        spend: Spend,
    ) -> Analysis:
        haystack = normalised(request_text(request))
        put_back = reading.placeholders.put_back
        factors = tuple(
            Factor(claim=put_back(factor.claim), evidence=quote, verified=is_quoted(quote, haystack))
            for factor in reply.factors
            for quote in (put_back(factor.evidence),)
        )
        found = {
            Flag.EVIDENCE_NOT_FOUND: not factors or not all(factor.verified for factor in factors),
            Flag.CONTENT_CUT: reply.id in reading.prompt.cut_ids,
            Flag.SUSPICIOUS_TEXT: reply.addresses_reader or looks_like_orders(request),
        }
        return Analysis(
            usable=True,
            risk=reply.risk_level,
            level=reply.approver_level,
            auto_approve=reply.auto_approve,
            confidence=reply.confidence,
            summary=put_back(reply.summary),
            factors=factors,
            flags=tuple(flag for flag, present in found.items() if present),
            total=_total(reply, request),
            model=reading.model,
            latency_ms=reading.latency_ms,
            at=self._clock.now(),
            prompt_tokens=spend.prompt_tokens,
            completion_tokens=spend.completion_tokens,
            cost_usd=spend.cost_usd,
            cost_known=spend.cost_known,
            attempts=spend.attempts,
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
