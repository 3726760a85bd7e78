# SPDX-License-Identifier: Apache-2.0
"""The variables of `sweep_deadlines`."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.dify.answering import Outputs, error_variables
from approvals.service import Status, SweepResult

_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "escalated": [],
    "expired": [],
    "failed": [],
    "checked": 0,
    "error_code": "",
    "error_message": "",
}


def sweep_variables(result: SweepResult) -> dict[str, Any]:
    """The ids of the requests that a sweep moved on or could not, and how many it looked at."""
    return {
        "status": Status.OK.value,
        "escalated": list(result.escalated),
        "expired": list(result.expired),
        "failed": list(result.failed),
        "checked": result.checked,
        **error_variables(None),
    }


def _text(variables: Mapping[str, Any]) -> str:
    moved = f"{len(variables['escalated'])} escalated, {len(variables['expired'])} expired"
    failed = f", {len(variables['failed'])} could not be moved" if variables["failed"] else ""
    return f"{variables['checked']} overdue: {moved}{failed}"


SWEEP: Final = Outputs("sweep_deadlines", _NEUTRAL, _text)
