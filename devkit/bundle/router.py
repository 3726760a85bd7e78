# SPDX-License-Identifier: Apache-2.0
"""The nodes that carry out events of one request."""

from dataclasses import dataclass
from typing import Any

from approvals.domain.terms import Level
from devkit.bundle.nodes import Data, Tools

RUN_ID = "{{#sys.workflow_run_id#}}"


@dataclass(frozen=True, slots=True)
class Router:
    """Makes nodes that call `route_approval` for one request: by default the run is the request."""

    tools: Tools
    request_id: str | list[str] = RUN_ID

    def node(
        self, title: str, desc: str, event: str | list[str], step: str, *, state: str = "", **parameters: Any
    ) -> Data:
        """One event. `step` names it in the idempotency key, so that Dify may repeat the node.

        If the plugin cannot be reached, nobody is asked next; `state` is then the answer's, if given.
        """
        failed = {"next_step": "", **({"state": state} if state else {})}
        return self.tools.node(
            "route_approval",
            title,
            desc,
            failed,
            request_id=self.request_id,
            event=event,
            idempotency_key=f"{RUN_ID}-{step}",
            **parameters,
        )


def called(level: Level) -> str:
    """The level as the titles of its nodes write it."""
    return "VP" if level is Level.VP else level.capitalize()
