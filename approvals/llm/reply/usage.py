# SPDX-License-Identifier: Apache-2.0
"""What a reply says that it used and cost. What is doubtful is unknown, and never nothing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from approvals.llm.chat import TokenUsage

_MOST_TOKENS: Final = 100_000_000
_MOST_USD: Final = 100_000
"""More than these in one call is a mistake, not a bill."""

_PROMPT: Final = ("prompt_tokens", "input_tokens", "prompt_eval_count")
_COMPLETION: Final = ("completion_tokens", "output_tokens", "eval_count")
_CACHED: Final = ("cache_read_input_tokens", "cache_creation_input_tokens")
_DETAILS: Final = ("completion_tokens_details", "output_tokens_details")
_COSTS: Final = ("cost", "cost_usd", "total_cost", "total_cost_usd", "estimated_cost")
_COST_FIELDS: Final = frozenset(
    {*_COSTS, "cost_details", "upstream_inference_cost", "cost_in_usd_ticks", "currency"}
)
_COST_HEADER: Final = "x-litellm-response-cost"
_XAI_TICKS_PER_USD: Final = Decimal(10**10)


class Bill(NamedTuple):
    """The tokens and the cost in USD that a reply states; None where it does not, or cannot be trusted."""

    usage: TokenUsage | None = None
    cost_usd: Decimal | None = None


def read_bill(document: Mapping[str, Any], headers: Mapping[str, str]) -> Bill:
    """What `document` and the headers of its reply say."""
    stated = document.get("usage")
    if not stated:
        match document:
            case {"x_groq": {"usage": stated}}:  # in a stream
                pass
        stated = stated or document
    if not isinstance(stated, dict):
        return Bill()
    usage = _usage(stated)
    return Bill(usage, _cost(stated, headers) if usage else None)


def _usage(stated: Mapping[str, Any]) -> TokenUsage | None:
    """Tokens read and written. Thinking counts as written, also where it is only in the total.

    None also where nothing was read: every call has a prompt, so nobody counted.
    """
    prompt, completion = _tokens(stated, _PROMPT), _tokens(stated, _COMPLETION)
    total = _tokens(stated, ("total_tokens",)) or 0
    if prompt is None or (completion is None and total <= prompt):
        return None
    completion = completion or 0
    if "prompt_tokens" not in stated:  # Anthropic counts what its cache holds apart
        prompt += sum(_tokens(stated, (name,)) or 0 for name in _CACHED)
    thought = max(_tokens(details, ("reasoning_tokens",)) or 0 for details in _detail_maps(stated))
    if thought > completion >= 0:  # then it cannot be a part of it
        completion += thought
    completion = max(completion, total - prompt)
    plausible = 0 < prompt <= _MOST_TOKENS and 0 <= completion <= _MOST_TOKENS
    return TokenUsage(prompt, completion) if plausible else None


def _detail_maps(stated: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    found = [stated.get(name) for name in _DETAILS]
    return [stated, *(details for details in found if isinstance(details, dict))]


def _tokens(stated: Mapping[str, Any], names: Iterable[str]) -> int | None:
    """A whole number, which may be written as a float; None where there is none."""
    for name in names:
        count = stated.get(name)
        if type(count) is int:
            return count
        if isinstance(count, float | Decimal) and count == count // 1:
            return int(count)
    return None


def _cost(stated: Mapping[str, Any], headers: Mapping[str, str]) -> Decimal | None:
    """USD. A cost of 0 counts only where the reply says that nobody else is billed (OpenRouter's `is_byok`)."""
    stated_by_gateway = _usd(headers.get(_COST_HEADER)) or None
    if _COST_FIELDS.isdisjoint(stated):  # as nearly always
        return stated_by_gateway
    if str(stated.get("currency", "USD")).upper() != "USD":
        return None
    own = next((usd for name in _COSTS if (usd := _usd(stated.get(name))) is not None), None)
    upstream = _upstream(stated)
    byok = stated.get("is_byok")
    if upstream and (byok is True or not own):
        return upstream + (own or 0)
    if own and upstream:
        return max(own, upstream)
    if own or (own is not None and byok is False):
        return own
    ticks = _usd(stated.get("cost_in_usd_ticks"), highest=_MOST_USD * _XAI_TICKS_PER_USD)
    return ticks / _XAI_TICKS_PER_USD if ticks else stated_by_gateway


def _upstream(stated: Mapping[str, Any]) -> Decimal | None:
    """What the upstream provider bills to a key of one's own."""
    found = stated.get("upstream_inference_cost")
    match stated.get("cost_details"):
        case {"upstream_inference_cost": inner} if inner is not None:
            found = inner
    return _usd(found)


def _usd(value: Any, highest: Decimal | int = _MOST_USD) -> Decimal | None:
    if isinstance(value, dict):  # Perplexity
        value = value.get("total_cost")
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        usd = Decimal(value if not isinstance(value, float) else repr(value))
    except InvalidOperation:
        return None
    return usd if usd.is_finite() and 0 <= usd <= highest else None
