# SPDX-License-Identifier: Apache-2.0
"""From a request to its outcome: an analysis, the policy, and people up the ladder until it is decided.

The canvas reads from left to right. The lowest row is the short way: analysis, policy, outcome. Above it
stands the ladder, one block for each level that may have to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devkit.bundle.asking import Asking
from devkit.bundle.canvas import Canvas
from devkit.bundle.ladder import LEVELS, Asked, add_level, connect_level, routing_nodes
from devkit.bundle.nodes import (
    Condition,
    Data,
    Selector,
    SharedSchema,
    grouped,
    if_else,
    template,
    tool,
)
from devkit.bundle.router import Router
from devkit.declarations import Declarations, ToolDeclaration

PROVIDER = "approvalkit/approvals/approvals"
GROUND = 1360  # the lowest row
RESULTS: Mapping[str, tuple[Selector, str]] = {
    **{key: (("outcome", key, "output"), "string") for key in ("state", "approver_level", "reason")},
    "risk_level": (("analyze", "risk_level"), "string"),
    "summary": (("analyze", "summary"), "string"),
    "cost_usd": (("analyze", "cost_usd"), "number"),
    "tokens": (("analyze", "tokens_used"), "number"),
    "entry_hash": (("outcome", "entry_hash", "output"), "string"),
    "error": (("outcome", "error", "output"), "string"),
}
"""What a run can answer once the request is decided, as an Output node lists it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Puts the nodes onto a canvas, from the analysis in column `first` to the node `outcome`."""

    canvas: Canvas
    declarations: Declarations
    asked: Asked
    first: int = 1
    room: int = 0  # columns between the submission and the question who decides

    @property
    def ladder(self) -> int:
        """The column of the first block."""
        return self.first + 3 + self.room

    @property
    def last(self) -> int:
        """The column of the outcome."""
        return self.ladder + len(LEVELS) * self.asked.block - 4

    def add(self) -> None:
        """The settings and the nodes."""
        canvas = self.canvas
        canvas.setting("POLICY", "Your policy as YAML or JSON. Empty: the policy that comes with the plugin.")
        canvas.setting("MODEL", "The model that reads requests. Empty: the one in the plugin's credentials.")
        route = self.declarations[PROVIDER, "route_approval"]
        router = Router(route, SharedSchema(route.name, route.output_schema), self.asked.request_id)
        self._add_ground(router, self.declarations[PROVIDER, "analyze_approval"])
        for number, level in enumerate(LEVELS):
            add_level(canvas, router, self.asked, level, column=self.ladder + number * self.asked.block)
        canvas.node("outcome", _outcome(self.asked.asking), column=self.last, y=GROUND)

    def connect(self, told: str = "submitted") -> None:
        """The edges. `told` is where a submitted request goes first, on its way to whoever decides."""
        edge = self.canvas.edge
        edge("analyze", "submit", "source", "fail-branch")
        edge("submit", told)
        edge("submit", "not_submitted", "fail-branch")
        edge("submitted", "brief_manager", "manager")
        edge("submitted", "step_director", "higher")
        edge("submitted", "outcome", "closed")
        edge("submitted", "not_submitted", "false")
        edge("not_submitted", "outcome")
        for level in LEVELS:
            connect_level(self.canvas, self.asked.asking, level, end="outcome")

    def _add_ground(self, router: Router, analyze: ToolDeclaration) -> None:
        canvas, first = self.canvas, self.first
        canvas.node("analyze", self._analysis(analyze), column=first, y=GROUND)
        submission = router.node(
            "Apply the policy",
            "Also when the analysis failed: then a person decides.",
            "submit",
            "submit",
        )
        canvas.node("submit", submission, column=first + 1, y=GROUND)
        canvas.node("submitted", _who_decides(), column=self.ladder - 1, y=GROUND - 280)
        state = {"state": ("submit", "state")}
        desc = "Nothing was decided. The outcome says why."
        refused = template("Not submitted", desc, "{{ state or 'not_submitted' }}\n", state)
        canvas.node("not_submitted", refused, column=self.ladder, y=GROUND + 160)

    def _analysis(self, analyze: ToolDeclaration) -> Data:
        fields: Mapping[str, Any] = {name: [*selector] for name, selector in self.asked.fields.items()}
        return tool(
            "Read the request",
            "Stores the request, then asks the model about it. What it says can only add friction.",
            analyze,
            SharedSchema(analyze.name, analyze.output_schema),
            **fields,
            request_id=self.asked.request_id,
            policy=["env", "POLICY"],
            model=["env", "MODEL"],
            idempotency_key=self.asked.request_id,
        )


def _who_decides() -> Data:
    ok = Condition(("submit", "status"), "is", "ok")
    step = ("submit", "next_step")
    cases = {
        "manager": [ok, Condition(step, "is", "review_manager")],
        "higher": [ok, Condition(step, "start with", "review_")],
        "closed": [ok, Condition(step, "is", "closed")],
    }
    desc = "A manager, someone higher, or nobody: the policy approved it."
    return if_else("submitted", "Who decides?", desc, cases)


def _outcome(asking: Asking) -> Data:
    routed = routing_nodes(LEVELS, asking)
    groups = {
        "state": [("not_submitted", "output"), *((node, "state") for node in routed)],
        **{key: [(node, key) for node in routed] for key in ("approver_level", "reason", "entry_hash")},
        "error": [(node, "error_message") for node in (*routed, "analyze")],
    }
    desc = "The latest word of whoever spoke last. An error is what went wrong on the way, if anything."
    return grouped("outcome", "Outcome", desc, groups)
