# SPDX-License-Identifier: Apache-2.0
"""What a call cost, for each request that it carried: the parts add up to the whole exactly."""

from collections.abc import Sequence
from decimal import Decimal

from approvals.llm import Spend

_PLACES = Decimal("0.000000000001")  # a millionth of a micro-dollar; what is left over goes to the last


def split_spend(spend: Spend, weights: Sequence[int]) -> list[Spend]:
    """One part for each weight, in proportion. Every part counts all the attempts: each was made for everyone."""
    prompts = _whole_parts(spend.prompt_tokens, weights)
    completions = _whole_parts(spend.completion_tokens, weights)
    costs = _exact_parts(spend.cost_usd, weights)
    return [
        Spend(prompt, completion, cost, cost_known=spend.cost_known, attempts=spend.attempts)
        for prompt, completion, cost in zip(prompts, completions, costs, strict=True)
    ]


def _whole_parts(total: int, weights: Sequence[int]) -> list[int]:
    """By running totals, so that no part is off by more than one and nothing is lost."""
    sum_of_weights, passed, given, parts = sum(weights), 0, 0, []
    for weight in weights:
        passed += weight
        upto = total * passed // sum_of_weights
        parts.append(upto - given)
        given = upto
    return parts


def _exact_parts(total: Decimal, weights: Sequence[int]) -> list[Decimal]:
    if len(weights) == 1:
        return [total]
    sum_of_weights = sum(weights)
    parts = [(total * weight / sum_of_weights).quantize(_PLACES) for weight in weights[:-1]]
    return [*parts, total - sum(parts, Decimal(0))]
