# SPDX-License-Identifier: Apache-2.0
"""`approval_resume.yml`: goes on where a request's record stands, when its own run broke or was stopped."""

from typing import Any

from devkit.bundle.asking import ByDelivery
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.decision import add_ends, connect_ends
from devkit.bundle.decision_notes import ADDRESSES, TOOLS, add_notes, numbered
from devkit.bundle.edition import Edition
from devkit.bundle.layout import BOTTOM, LOWER
from devkit.bundle.levels import FIRST_GATE, SUBMIT, Levels
from devkit.bundle.nodes import Field, Selector, Tools, end, start
from devkit.bundle.router import Router
from devkit.declarations import Declarations

APP = App(
    name="Approval resume",
    description="Takes up a request whose run broke or was stopped, and asks whoever must sign now.",
    icon="⏯️",
    icon_background="#FFF4DE",
)
_ID = Field("request_id", "The request's ID", "text-input", required=True, max_length=128)
_EDITS = numbered("Two things to look at after import", TOOLS, ADDRESSES)
_WHEN = (
    "When to use this",
    (
        "A run was stopped in Dify, failed, or its form expired after seven days. The request is still on record. Give "
        "its ID: the record says who must sign, under the policy that it was analysed with."
    ),
    "Do not run it while the first run still waits for a form: then two forms are open, and the first answer counts.",
)
_RESULTS = ("state", "next_step", "approver_level", "reason", "entry_hash", "error")


def approval_resume(declarations: Declarations, edition: Edition) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas = Canvas(APP)
    router = Router(Tools(declarations), "{{#start.request_id#}}")
    levels = Levels(canvas, router, ByDelivery(edition.addresses), 2, takes_up=True)
    submit = router.node(
        "Look where it stands",
        "Submits it if its run broke before that. Else this changes nothing, and says who must sign.",
        "submit",
        "submit",
        state="unavailable",
    )
    canvas.node("start", start("Request", (_ID,)), column=0, y=LOWER)
    canvas.node(SUBMIT, submit, column=1, y=LOWER)
    levels.add()
    add_ends(canvas, levels, 3, analysed=False)
    canvas.edge("start", SUBMIT)
    canvas.edge(SUBMIT, FIRST_GATE)
    levels.connect()
    connect_ends(canvas, levels)
    outputs: dict[str, tuple[Selector, str]] = {"request_id": (("start", "request_id"), "string")}
    outputs |= {key: (("outcome", key, "output"), "string") for key in _RESULTS}
    canvas.node("output", end("Output", outputs), column=levels.last + 1, y=BOTTOM)
    canvas.edge("outcome", "output")
    add_notes(canvas, _EDITS, levels=levels.first + 2.5)
    canvas.note("note_when", _WHEN, column=0, y=BOTTOM, theme="cyan")
    return canvas.document()
