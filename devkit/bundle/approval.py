# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval.yml`: a form, an analysis, the policy, and people up the ladder until it is decided.

The canvas reads from left to right. The lowest row is the short way: form, analysis, policy, outcome. Above
it stands the ladder, one block for each level that may have to decide.
"""

from collections.abc import Mapping
from typing import Any

from devkit.bundle.approval_notes import add_notes
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.ladder import BLOCK, LEVELS, RUN_ID, Router, add_level, connect_level, routing_nodes
from devkit.bundle.nodes import (
    Condition,
    Data,
    Field,
    Selector,
    SharedSchema,
    end,
    grouped,
    if_else,
    start,
    template,
    tool,
)
from devkit.engine.declarations import Declarations, ToolDeclaration

PROVIDER = "approvalkit/approvals/approvals"
GROUND = 1360
FIRST_BLOCK = 4  # its column

APP = App(
    name="Approval",
    description="Someone asks, a model reads it, your policy decides who must sign, people decide, and every step "
    "is on record.",
    icon="✅",
    icon_background="#E4F2E7",
)

FORM = (
    Field("requester", "Your name", "text-input", required=True, max_length=100),
    Field(
        "request_type",
        "What kind of request is it?",
        "select",
        required=True,
        default="expense",
        options=("expense", "purchase", "access", "content"),
    ),
    Field("content", "What do you need, and why?", "paragraph", required=True, max_length=20_000),
    Field("amount", "Amount (if it costs money)", "number"),
    Field(
        "currency",
        "Currency",
        "select",
        default="USD",
        options=("USD", "EUR", "GBP", "BRL", "CNY", "INR", "JPY"),
    ),
)


def approval(declarations: Declarations) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas = Canvas(APP)
    canvas.setting("POLICY", "Your policy as YAML or JSON. Empty: the policy that comes with the plugin.")
    canvas.setting("MODEL", "The model that reads requests. Empty: the one in the plugin's credentials.")
    route = declarations[PROVIDER, "route_approval"]
    router = Router(route, SharedSchema(route.name, route.output_schema))
    _add_ground(canvas, router, declarations[PROVIDER, "analyze_approval"])
    for number, level in enumerate(LEVELS):
        add_level(canvas, router, level, column=FIRST_BLOCK + number * BLOCK)
    _add_outcome(canvas, column=FIRST_BLOCK + len(LEVELS) * BLOCK - 4)
    _connect_ground(canvas)
    for level in LEVELS:
        connect_level(canvas, level, end="outcome")
    add_notes(canvas)
    return canvas.document()


def _add_ground(canvas: Canvas, router: Router, analyze: ToolDeclaration) -> None:
    canvas.node("start", start("Request", FORM), column=0, y=GROUND)
    canvas.node("analyze", _analysis(analyze), column=1, y=GROUND)
    submission = router.node(
        "Apply the policy",
        "Also when the analysis failed: then a person decides.",
        "submit",
        "submit",
        policy=["env", "POLICY"],
    )
    canvas.node("submit", submission, column=2, y=GROUND)
    canvas.node("submitted", _who_decides(), column=3, y=GROUND - 280)
    state = {"state": ("submit", "state")}
    desc = "Nothing was decided. The outcome says why."
    refused = template("Not submitted", desc, "{{ state or 'not_submitted' }}\n", state)
    canvas.node("not_submitted", refused, column=FIRST_BLOCK, y=GROUND + 160)


def _analysis(analyze: ToolDeclaration) -> Data:
    return tool(
        "Read the request",
        "Stores the request, then asks the model about it. What it says can only add friction.",
        analyze,
        SharedSchema(analyze.name, analyze.output_schema),
        content=["start", "content"],
        request_id=RUN_ID,
        request_type=["start", "request_type"],
        amount=["start", "amount"],
        currency=["start", "currency"],
        requester=["start", "requester"],
        policy=["env", "POLICY"],
        model=["env", "MODEL"],
        idempotency_key=RUN_ID,
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


def _connect_ground(canvas: Canvas) -> None:
    edge = canvas.edge
    edge("start", "analyze")
    edge("analyze", "submit", "source", "fail-branch")
    edge("submit", "submitted")
    edge("submit", "not_submitted", "fail-branch")
    edge("submitted", "brief_manager", "manager")
    edge("submitted", "step_director", "higher")
    edge("submitted", "outcome", "closed")
    edge("submitted", "not_submitted", "false")
    edge("not_submitted", "outcome")
    edge("outcome", "output")


def _add_outcome(canvas: Canvas, column: int) -> None:
    routed = routing_nodes(LEVELS)
    groups = {
        "state": [("not_submitted", "output"), *((node, "state") for node in routed)],
        **{key: [(node, key) for node in routed] for key in ("approver_level", "reason", "entry_hash")},
        "error": [(node, "error_message") for node in (*routed, "analyze")],
    }
    desc = "The latest word of whoever spoke last. An error is what went wrong on the way, if anything."
    canvas.node("outcome", grouped("outcome", "Outcome", desc, groups), column=column, y=GROUND)
    outputs: Mapping[str, tuple[Selector, str]] = {
        "request_id": (("sys", "workflow_run_id"), "string"),
        **{key: (("outcome", key, "output"), "string") for key in ("state", "approver_level", "reason")},
        "risk_level": (("analyze", "risk_level"), "string"),
        "summary": (("analyze", "summary"), "string"),
        "cost_usd": (("analyze", "cost_usd"), "number"),
        "tokens": (("analyze", "tokens_used"), "number"),
        "entry_hash": (("outcome", "entry_hash", "output"), "string"),
        "error": (("outcome", "error", "output"), "string"),
    }
    canvas.node("output", end("Output", outputs), column=column + 1, y=GROUND)
