# SPDX-License-Identifier: Apache-2.0
"""What a chatflow keeps from one message to the next."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphon.variables.variables import Variable

from devkit.engine.workflow import Workflow


@dataclass(slots=True)
class Conversation:
    """One conversation: its variables, and how many messages it had."""

    variables: dict[str, Any] = field(default_factory=dict)
    conversation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    messages: int = 0

    def next_message(self, query: str) -> Mapping[str, Any]:
        """Count one message; the system variables that come with it."""
        self.messages += 1
        return {
            "query": query,
            "conversation_id": self.conversation_id,
            "dialogue_count": self.messages,
            "files": [],
        }

    def remembered(self, workflow: Workflow) -> Mapping[str, Any]:
        """The variables as a run starts with them: those of earlier messages, else the workflow's own."""
        for variable in workflow.conversation:
            self.variables.setdefault(variable["name"], variable["value"])
        return self.variables

    def keep(self, variable: Variable) -> None:
        """Take over one variable that a run has assigned. Like Dify, the others are left as they are:
        a run that was paused for a day must not undo what later messages have set."""  # noqa: D205, D209
        scope, *name = variable.selector
        if scope == "conversation":
            self.variables[name[0]] = variable.to_object()
