# SPDX-License-Identifier: Apache-2.0
"""What a chatflow keeps from one message to the next."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphon.runtime.variable_pool import VariablePool

from devkit.engine.workflow import Workflow


@dataclass(slots=True)
class Conversation:
    """One conversation: its variables, and how many messages it had."""

    variables: dict[str, Any] = field(default_factory=dict)
    conversation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    messages: int = 0

    def heard(self, query: str) -> Mapping[str, Any]:
        """Count one message; the system variables that come with it."""
        self.messages += 1
        return {
            "query": query,
            "conversation_id": self.conversation_id,
            "dialogue_count": self.messages,
            "files": [],
        }

    def keep(self, workflow: Workflow, pool: VariablePool) -> None:
        """Take over what a run made of the variables."""
        for variable in workflow.conversation:
            value = pool.get(("conversation", variable["name"]))
            self.variables[variable["name"]] = value.to_object() if value else variable["value"]
