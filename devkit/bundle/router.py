# SPDX-License-Identifier: Apache-2.0
"""The nodes that carry out events of one request, and where its version stands at each level."""

from dataclasses import dataclass
from typing import Any

from approvals.domain.terms import Level
from devkit.bundle.nodes import Data, SharedSchema, tool
from devkit.declarations import ToolDeclaration

RUN_ID = "{{#sys.workflow_run_id#}}"


@dataclass(frozen=True, slots=True)
class Router:
    """Makes nodes that call `route_approval` for one request: by default the run is the request."""

    declared: ToolDeclaration
    schema: SharedSchema
    request_id: str = RUN_ID

    def node(self, title: str, desc: str, event: str | list[str], step: str, **parameters: Any) -> Data:
        """One event. `step` names it in the idempotency key, so that Dify may repeat the node."""
        key = f"{RUN_ID}-{step}"
        return tool(
            title,
            desc,
            self.declared,
            self.schema,
            request_id=self.request_id,
            event=event,
            idempotency_key=key,
            **parameters,
        )


def version_before(level: Level) -> list[str]:
    """The version that the request had when it reached a level: whoever moved it meanwhile was first."""
    return [f"version_{level}", "output"] if level.rank else ["submit", "version"]


def called(level: Level) -> str:
    """The level as the titles of its nodes write it."""
    return "VP" if level is Level.VP else level.capitalize()
