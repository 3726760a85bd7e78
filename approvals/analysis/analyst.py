# SPDX-License-Identifier: Apache-2.0
"""Has requests read by a model, in halves where a call fails, and asks a stronger model where the policy wants it."""

from collections.abc import Sequence
from copy import copy

from approvals.analysis.asking import MAX_OUTPUT_TOKENS, AnalysisFailedError, Asking, ChatClient
from approvals.analysis.cost_split import split_spend
from approvals.analysis.packing import estimated_tokens
from approvals.analysis.reading import Reader
from approvals.analysis.second_opinion import merged
from approvals.clock import Clock
from approvals.domain.checks import larger_request
from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRequest
from approvals.domain.terms import Flag
from approvals.llm import Deadline, Spend

__all__ = ["MAX_OUTPUT_TOKENS", "AnalysisFailedError", "Analyst", "ChatClient", "Outcome"]

type Outcome = Analysis | AnalysisFailedError
"""What became of one request."""


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
        self.client = client
        self._model = model
        self._second_model = second_model
        self._reader = Reader(Asking(client), clock, max_content_tokens=max_content_tokens)

    def through(self, client: ChatClient) -> "Analyst":
        """The same analyst, whose calls go through another client."""
        other = copy(self)
        other.client = client
        return other

    def analyze(
        self, request: ApprovalRequest, policy: Policy, deadline: Deadline, model: str = ""
    ) -> Analysis:
        """The checked analysis of one request, with the second opinion if the policy wants one.

        Raises `AnalysisFailedError` when the model cannot be had or says nothing usable within the deadline.
        """
        (outcome,) = self.analyze_together((request,), policy, deadline, model)
        if isinstance(outcome, AnalysisFailedError):
            raise outcome
        return outcome

    def analyze_together(
        self,
        requests: Sequence[ApprovalRequest],
        policy: Policy,
        deadline: Deadline,
        model: str = "",
        client: ChatClient | None = None,
    ) -> list[Outcome]:
        """What became of each request, in their order. Their ids must differ, their requester must not.

        They share one call; where it fails, each half is tried again, down to a request that fails alone.
        `client`: through which the calls go instead of the analyst's own.
        """
        reader = self._reader.through(client or self.client).hiding(policy.redact)
        firsts = _in_halves(reader, requests, model or self._model, deadline)
        doubtful = [
            request
            for request, first in zip(requests, firsts, strict=True)
            if isinstance(first, Analysis) and _needs_second(policy, request, first)
        ]
        if not doubtful:
            return firsts
        seconds = _in_halves(reader, doubtful, self._second_model, deadline)
        second_of = {request.request_id: second for request, second in zip(doubtful, seconds, strict=True)}
        return [
            _both(first, second_of.get(request.request_id))
            for request, first in zip(requests, firsts, strict=True)
        ]


def _in_halves(
    reader: Reader, requests: Sequence[ApprovalRequest], model: str, deadline: Deadline
) -> list[Outcome]:
    try:
        return list(reader.read(requests, model, deadline))
    except AnalysisFailedError as failure:
        if len(requests) == 1:
            return [failure]
        lost = split_spend(failure.spend, [estimated_tokens(request) for request in requests])
        if not failure.smaller_may_work or deadline.expired:
            return [failure.with_spend(part) for part in lost]
    middle = len(requests) // 2
    halves = (requests[:middle], requests[middle:])
    outcomes = [outcome for half in halves for outcome in _in_halves(reader, half, model, deadline)]
    return [_with_lost(outcome, part) for outcome, part in zip(outcomes, lost, strict=True)]


def _needs_second(policy: Policy, request: ApprovalRequest, first: Analysis) -> bool:
    larger = larger_request(policy, request, first)
    return any(
        policy.wants_second_opinion(policy.in_own_currency(seen.amount, seen.currency), first.risk)
        for seen in (request, larger)
        if seen is not None
    )


def _both(first: Outcome, second: Outcome | None) -> Outcome:
    if second is None or isinstance(first, AnalysisFailedError):
        return first
    return (
        _without_second(first, second) if isinstance(second, AnalysisFailedError) else merged(first, second)
    )


def _without_second(first: Analysis, failure: AnalysisFailedError) -> Analysis:
    """The first reading alone, flagged: nothing that needed two opinions is approved on one."""
    missing = {
        "flags": (*first.flags, Flag.SECOND_OPINION_MISSING),
        "error_code": failure.code,
        "error_message": failure.message,
    }
    return first.with_cost_of(failure.spend).model_copy(update=missing)


def _with_lost(outcome: Outcome, lost: Spend) -> Outcome:
    """The outcome, with its part of a call that failed before."""
    if isinstance(outcome, AnalysisFailedError):
        return outcome.with_spend(outcome.spend + lost)
    return outcome.with_cost_of(lost)
