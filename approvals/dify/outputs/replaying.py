# SPDX-License-Identifier: Apache-2.0
"""The variables of `replay_dead_letters`."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.dify.answering import Outputs, error_variables
from approvals.service import ReplayResult, Status

_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "replayed_count": 0,
    "recovered": [],
    "still_failing": [],
    "error_code": "",
    "error_message": "",
}


def replay_variables(result: ReplayResult) -> dict[str, Any]:
    """The ids of the requests that were tried again, and how many those are."""
    return {
        "status": Status.OK.value,
        "replayed_count": len(result.recovered) + len(result.still_failing),
        "recovered": list(result.recovered),
        "still_failing": list(result.still_failing),
        **error_variables(None),
    }


def _text(variables: Mapping[str, Any]) -> str:
    return f"{len(variables['recovered'])} recovered, {len(variables['still_failing'])} still failing"


REPLAY: Final = Outputs("replay_dead_letters", _NEUTRAL, _text)
