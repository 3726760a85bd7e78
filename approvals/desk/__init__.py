# SPDX-License-Identifier: Apache-2.0
"""The use cases. The only writer of records: parse elsewhere, decide in the domain, write here, answer."""

from approvals.desk.answers import (
    AnalyzeAnswer,
    AnalyzeOrder,
    FindOrder,
    FindResult,
    Found,
    ReplayResult,
    RouteResult,
    Status,
    SweepResult,
)
from approvals.desk.batch_answers import BatchLine, BatchOrder, BatchSummary
from approvals.desk.desk import Desk

__all__ = [
    "AnalyzeAnswer",
    "AnalyzeOrder",
    "BatchLine",
    "BatchOrder",
    "BatchSummary",
    "Desk",
    "FindOrder",
    "FindResult",
    "Found",
    "ReplayResult",
    "RouteResult",
    "Status",
    "SweepResult",
]
