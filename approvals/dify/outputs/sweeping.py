# SPDX-License-Identifier: Apache-2.0
"""The variables of `sweep_deadlines`."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.dify.outputs import Answer, Outputs, error_variables
from approvals.service import Status, SweepResult

_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "escalated": [],
    "expired": [],
    "failed": [],
    "delivered": [],
    "checked": 0,
    "removed": 0,
    "error_code": "",
    "error_message": "",
}


def sweep_answer(result: SweepResult) -> Answer:
    """The ids of the requests that a sweep moved on or could not, how many it looked at, and how many it removed."""
    variables = {
        "status": Status.OK.value,
        "escalated": list(result.escalated),
        "expired": list(result.expired),
        "failed": list(result.failed),
        "delivered": list(result.delivered),
        "checked": result.checked,
        "removed": result.removed,
        **error_variables(None),
    }
    moved = f"{len(result.escalated)} escalated, {len(result.expired)} expired"
    failed = f", {len(result.failed)} could not be moved" if result.failed else ""
    delivered = f"; {len(result.delivered)} notifications delivered" if result.delivered else ""
    removed = f"; {result.removed} removed after their retention" if result.removed else ""
    return Answer(variables, f"{result.checked} overdue: {moved}{failed}{delivered}{removed}")


SWEEP: Final = Outputs("sweep_deadlines", _NEUTRAL)
