# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval.yml`: a form, an analysis, the policy, and people up the ladder until it is decided."""

from collections.abc import Sequence
from typing import Any

from devkit.bundle.asking import Asking, ByDelivery
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.decision import GROUND, RESULTS, Decision
from devkit.bundle.decision_notes import add_notes
from devkit.bundle.ladder import Asked
from devkit.bundle.nodes import Field, end, start
from devkit.declarations import Declarations

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


_EDITS = (
    "Three things to edit after import",
    "1. Tool credential: open “Read the request” and choose the Approvals credential; the other tool nodes use it too.",
    (
        "2. Approvers: put real addresses into the e-mail delivery of the four “… decides” nodes. Then remove their "
        "web app delivery: it shows the form to whoever started the run, which is the requester."
    ),
    "3. Policy: paste yours into the environment variable POLICY (JSON fits in one line). Empty means the default.",
)


def approval(declarations: Declarations) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    return asked_by_form(Canvas(APP), declarations, ByDelivery(), _EDITS)


def asked_by_form(
    canvas: Canvas, declarations: Declarations, asking: Asking, edits: Sequence[str]
) -> dict[str, Any]:
    """A file that starts with the form, whatever way the levels are asked."""
    canvas.node("start", start("Request", FORM), column=0, y=GROUND)
    fields = ("content", "request_type", "amount", "currency", "requester")
    asked = Asked({name: ("start", name) for name in fields}, asking=asking)
    decision = Decision(canvas, declarations, asked)
    decision.add()
    outputs = {"request_id": (("sys", "workflow_run_id"), "string"), **RESULTS}
    canvas.node("output", end("Output", outputs), column=decision.last + 1, y=GROUND)
    canvas.edge("start", "analyze")
    decision.connect()
    canvas.edge("outcome", "output")
    add_notes(canvas, edits, ladder=decision.ladder)
    return canvas.document()
