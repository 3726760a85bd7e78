# SPDX-License-Identifier: Apache-2.0
"""Packs requests into calls: those of one requester share a call's instructions, as far as the tokens go.

Nobody's text may sway the analysis of somebody else's request, so a call never holds two requesters. Without a
requester nobody knows whose a request is, and text that reads like orders to a machine is trusted least of all: each
of these goes alone.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from approvals.analysis.evidence import looks_like_orders
from approvals.domain.records import ApprovalRequest
from approvals.llm import estimate_tokens

MOST_TOGETHER = 8
"""Requests in a call. What is saved beyond is little (the instructions are an eighth), and a long reply is slow."""
MOST_TOKENS = 6_000
"""Estimated tokens of the requests in a call and of their analyses; a single request may be larger."""
REPLY_TOKENS = 150
"""About what one analysis has."""
WINDOW = 1_000
"""After so many requests every call that is still open goes out, so that results come in order and memory stays low."""


def estimated_tokens(request: ApprovalRequest) -> int:
    """About what a request adds to a call: its own text and its analysis."""
    context = json.dumps(dict(request.context), ensure_ascii=False) if request.context else ""
    text = f"{request.request_id}{request.content}{request.request_type}{request.currency}{context}"
    return estimate_tokens(text) + REPLY_TOKENS


def goes_alone(request: ApprovalRequest) -> bool:
    """True when a request must not share a call."""
    return not request.requester.strip() or looks_like_orders(request)


@dataclass(slots=True)
class _Open[T]:
    """A call that still has room."""

    items: list[T] = field(default_factory=list)
    tokens: int = 0


def packed[T](
    items: Iterable[T], request_of: Callable[[T], ApprovalRequest], *, window: int = WINDOW
) -> Iterator[list[T]]:
    """Lists of items that share a call, as soon as each is full; every item once, in its order within its list."""
    opened: dict[str, _Open[T]] = {}
    for number, item in enumerate(items, start=1):
        request = request_of(item)
        if goes_alone(request):
            yield [item]
        else:
            yield from _added(opened, request, item)
        if number % window == 0:
            yield from _closed(opened)
    yield from _closed(opened)


def _added[T](opened: dict[str, _Open[T]], request: ApprovalRequest, item: T) -> Iterator[list[T]]:
    """Put an item where there is room for it; what that fills or pushes out."""
    whose, tokens = request.requester, estimated_tokens(request)
    call = opened.setdefault(whose, _Open())
    if call.items and call.tokens + tokens > MOST_TOKENS:
        yield call.items
        call = opened[whose] = _Open()
    call.items.append(item)
    call.tokens += tokens
    if len(call.items) == MOST_TOGETHER or call.tokens >= MOST_TOKENS:
        yield opened.pop(whose).items


def _closed[T](opened: dict[str, _Open[T]]) -> Iterator[list[T]]:
    yield from [call.items for call in opened.values()]
    opened.clear()
