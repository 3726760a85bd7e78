# SPDX-License-Identifier: Apache-2.0
"""Two readings of one request become one: the stricter of each field wins, the costs add up."""

from approvals.domain.records import Analysis
from approvals.domain.terms import Flag


def merged(first: Analysis, second: Analysis) -> Analysis:
    """The stricter of both. The summary is the one of the reading that saw more risk; the first's on a tie."""
    graver = second if second.risk.rank > first.risk.rank else first
    flags = dict.fromkeys((*first.flags, *second.flags, Flag.SECOND_OPINION))
    return first.with_cost_of(second).model_copy(
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
            "latency_ms": first.latency_ms + second.latency_ms,
        }
    )
