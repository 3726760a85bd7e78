# SPDX-License-Identifier: Apache-2.0
"""The variables of `replay_dead_letters`."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.dify.outputs import Answer, Outputs, error_variables
from approvals.service import ReplayResult, Status

_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "replayed_count": 0,
    "recovered": [],
    "still_failing": [],
    "error_code": "",
    "error_message": "",
}


def replay_answer(result: ReplayResult) -> Answer:
    """The ids of the requests that were tried again, and how many those are."""
    variables = {
        "status": Status.OK.value,
        "replayed_count": len(result.recovered) + len(result.still_failing),
        "recovered": list(result.recovered),
        "still_failing": list(result.still_failing),
        **error_variables(None),
    }
    return Answer(variables, f"{len(result.recovered)} recovered, {len(result.still_failing)} still failing")


REPLAY: Final = Outputs("replay_dead_letters", _NEUTRAL)
