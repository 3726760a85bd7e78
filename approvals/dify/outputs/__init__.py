# SPDX-License-Identifier: Apache-2.0
"""The flat variables that each tool answers with, exactly as its YAML declares them. Never null."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from approvals.errors import ApprovalError, ErrorCode
from approvals.service import Status
from approvals.telemetry import redact

_MESSAGE_LIMIT: Final = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Outputs:
    """The variables of a tool. `neutral`: the value of each where there is nothing to say; never null.

    `reason`: the variable that says why nothing was decided, if there is one.
    """

    tool: str
    neutral: Mapping[str, Any]
    reason: str = "error_message"

    def refusal(self, error: ApprovalError) -> "Answer":
        """What a call answers that changed nothing."""
        status = Status.CONFLICT if error.code is ErrorCode.VERSION_CONFLICT else Status.REFUSED
        said = error_variables(error)
        variables = {**self.neutral, "status": status.value, **said, self.reason: said["error_message"]}
        return Answer(variables, redact(f"{status}: {error}")[:_MESSAGE_LIMIT])


class Answer(NamedTuple):
    """All that a call answers: its variables, and a text for people."""

    variables: Mapping[str, Any]
    text: str


def error_variables(error: ApprovalError | None) -> dict[str, str]:
    """`error_code` and `error_message`; both empty where there is no error."""
    if error is None:
        return {"error_code": "", "error_message": ""}
    return {"error_code": error.code.value, "error_message": shortened(error.message)}


def shortened(message: str) -> str:
    """A message without secrets, as long as a variable may be."""
    return redact(message)[:_MESSAGE_LIMIT]
