# SPDX-License-Identifier: Apache-2.0
"""The use cases. The only writer of records: parse elsewhere, decide in the domain, write here, answer."""

from approvals.service.answers import (
    AnalyzeAnswer,
    AnalyzeOrder,
    FindOrder,
    FindResult,
    Found,
    LedgerVerdict,
    Reminded,
    ReplayResult,
    RouteResult,
    Status,
    SweepResult,
)
from approvals.service.batch_answers import BatchLine, BatchOrder, BatchSummary
from approvals.service.service import ApprovalService

__all__ = [
    "AnalyzeAnswer",
    "AnalyzeOrder",
    "ApprovalService",
    "BatchLine",
    "BatchOrder",
    "BatchSummary",
    "FindOrder",
    "FindResult",
    "Found",
    "LedgerVerdict",
    "Reminded",
    "ReplayResult",
    "RouteResult",
    "Status",
    "SweepResult",
]
