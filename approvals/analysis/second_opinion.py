# SPDX-License-Identifier: Apache-2.0
"""Two readings of one request become one: the stricter of each field wins, the costs add up."""

from approvals.domain.records import Analysis
from approvals.domain.terms import Flag


def merged(first: Analysis, second: Analysis) -> Analysis:
    """The stricter of both. The summary is the one of the reading that saw more risk; the first's on a tie."""
    graver = second if second.risk.rank > first.risk.rank else first
    flags = dict.fromkeys((*first.flags, *second.flags, Flag.SECOND_OPINION))
    return first.model_copy(
        update={
            "risk": max(first.risk, second.risk, key=lambda risk: risk.rank),
            "level": max(first.level, second.level, key=lambda level: level.rank),
            "auto_approve": first.auto_approve and second.auto_approve,
            "confidence": min(first.confidence, second.confidence),
            "summary": graver.summary,
            "factors": tuple(dict.fromkeys((*first.factors, *second.factors))),
            "flags": tuple(flags),
            "total": max(
                filter(None, (first.total, second.total)), key=lambda total: total.amount, default=None
            ),
            "model": f"{first.model}+{second.model}",
            "prompt_tokens": first.prompt_tokens + second.prompt_tokens,
            "completion_tokens": first.completion_tokens + second.completion_tokens,
            "cost_usd": first.cost_usd + second.cost_usd,
            "cost_known": first.cost_known and second.cost_known,
            "latency_ms": first.latency_ms + second.latency_ms,
            "attempts": first.attempts + second.attempts,
        }
    )
