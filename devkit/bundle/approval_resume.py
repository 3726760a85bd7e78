# SPDX-License-Identifier: Apache-2.0
"""`approval_resume.yml`: goes on where a request's record stands: its run broke, or it was returned with a question.

One way leads through the nodes before the levels, because every branch there would multiply all paths behind it: a
request without new content, or that was not returned, passes the first two steps unchanged.
"""

from typing import Any

from devkit.bundle.asking import ByDelivery
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.decision import add_ends, connect_ends
from devkit.bundle.decision_notes import ADDRESSES, TOOLS, add_notes, numbered
from devkit.bundle.edition import Edition
from devkit.bundle.layout import BOTTOM, LOWER
from devkit.bundle.levels import FIRST_GATE, SUBMIT, Levels
from devkit.bundle.nodes import Condition, Field, Selector, Tools, end, if_else, start
from devkit.bundle.router import RUN_ID, Router
from devkit.declarations import Declarations

APP = App(
    name="Approval resume",
    description="Takes up a request whose run broke, or that was returned with a question, and asks whoever must sign.",
    icon="⏯️",
    icon_background="#FFF4DE",
)
_FIELDS = (
    Field("request_id", "The request's ID", "text-input", required=True, max_length=128),
    Field(
        "requester", "If you were asked a question: your name or e-mail address", "text-input", max_length=100
    ),
    Field("answer", "Your answer", "paragraph", max_length=5_000),
    Field(
        "content",
        "The whole request anew, if it changes (earlier signatures are then void)",
        "paragraph",
        max_length=20_000,
    ),
    Field("amount", "The new amount, if it changes", "number"),
)
_EDITS = numbered("Two things to look at after import", TOOLS, ADDRESSES)
_WHEN = (
    "When to use this",
    (
        "A run was stopped in Dify, failed, or its form expired. The request is still on record. Give its ID: the "
        "record says who must sign, under the policy that it was analysed with."
    ),
    (
        "A run ended as “returned”. Its requester gives the ID, their name and the answer. If the request changes, the "
        "new text goes into its own field: it is read anew, and its approvers see what changed."
    ),
    "Do not run it while another run still waits for a form: then two forms are open, and the first answer counts.",
)
_RESULTS = ("state", "next_step", "approver_level", "reason", "entry_hash", "error")


def approval_resume(declarations: Declarations, edition: Edition) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas = Canvas(APP)
    tools = Tools(declarations)
    router = Router(tools, "{{#start.request_id#}}")
    asking = ByDelivery(edition.addresses, edition.form_hours)
    levels = Levels(canvas, router, asking, 6, takes_up=True)
    submit = router.node(
        "Look where it stands",
        "Submits it if its run broke before that. Else this changes nothing, and says who must sign.",
        "submit",
        "submit",
        state="unavailable",
    )
    canvas.node("start", start("Request", _FIELDS), column=0, y=LOWER)
    _add_return(canvas, tools, router)
    canvas.node(SUBMIT, submit, column=5, y=LOWER)
    levels.add()
    add_ends(canvas, levels, 7, read="revise", earlier=["resubmit"])
    _connect_return(canvas)
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


def _add_return(canvas: Canvas, tools: Tools, router: Router) -> None:
    """The steps that bring back what was returned; a request that was not returned passes them as it is."""
    revise = tools.node(
        "analyze_approval",
        "Read new content",
        "Does nothing where there is none.",
        {},
        content=["start", "content"],
        amount=["start", "amount"],
        details=["start", "content"],
        requester=["start", "requester"],
        revision_of=["start", "request_id"],
        idempotency_key=f"{RUN_ID}-revise",
    )
    refused = [
        Condition(("start", "content"), "not empty", ""),
        Condition(("revise", "request_id"), "empty", ""),
    ]
    resubmit = router.node(
        "Bring it back",
        "With the answer, or with the new content. Changes nothing unless it was returned.",
        "resubmit",
        "resubmit",
        actor="{{#start.requester#}}",
        comment="{{#start.answer#}}",
        content_digest=["revise", "content_digest"],
    )
    canvas.node("revise", revise, column=1, y=LOWER)
    canvas.node(
        "revised", if_else("revised", "Could it be read?", "", {"refused": refused}), column=2, y=LOWER
    )
    canvas.node("resubmit", resubmit, column=3, y=LOWER)
    still = [Condition(("resubmit", "state"), "is", "returned")]
    canvas.node(
        "back", if_else("back", "Is it back?", "Not for a stranger.", {"still": still}), column=4, y=LOWER
    )


def _connect_return(canvas: Canvas) -> None:
    canvas.edge("start", "revise")
    canvas.edge("revise", "revised")
    canvas.edge("revised", "not_asked", "refused")
    canvas.edge("revised", "resubmit", "false")
    canvas.edge("resubmit", "back")
    canvas.edge("back", "not_asked", "still")
    canvas.edge("back", SUBMIT, "false")
