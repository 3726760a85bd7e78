# SPDX-License-Identifier: Apache-2.0
"""`workflows/deadline_sweep.yml`: once an hour, what nobody decided in time rises or expires."""

from typing import Any

from devkit.bundle.canvas import App, Canvas
from devkit.bundle.nodes import Tools, end
from devkit.bundle.triggers import hourly
from devkit.declarations import Declarations

APP = App(
    name="Deadline sweep",
    description="Every hour, requests whose deadline has passed rise one level or expire, as their policy says.",
    icon="⏰",
    icon_background="#FBF0DC",
)
_ROW = 360
_EDITS = (
    "Two things to do after import",
    "1. Schedule: look at the first node. An import may reset it; it should say hourly.",
    "2. Publish. One sweep serves all workflows that use the same credential.",
)
_HOW = (
    "What it does",
    (
        "Each request has the deadline that its policy set. A form in Dify waits longer than that; the sweep is what "
        "keeps the policy's time. Whoever is faster counts: a form that is answered after the sweep finds the request "
        "at the next level, and its workflow goes on from there."
    ),
)
_REMINDERS = (
    "Reminders",
    (
        "With remind_at in the policy, such as [0.5, 0.9], the variable “reminded” of the sweep holds the mails: "
        "email, subject, text. Put an Iteration over it behind the sweep, with your mail tool inside. Each reminder "
        "comes once, so connect the mail before you set remind_at."
    ),
)


def deadline_sweep(declarations: Declarations) -> dict[str, Any]:
    """The whole file, for the tool as it is declared."""
    canvas = Canvas(APP)
    canvas.setting("LIMIT", "The most requests to move on in one sweep, 1 to 1000.", "500")
    sweep = Tools(declarations).node(
        "sweep_deadlines",
        "Move on what is overdue",
        "The most overdue first; the rest waits for the next hour.",
        {},
        limit=["env", "LIMIT"],
    )
    outputs = {
        "escalated": (("sweep", "escalated"), "array[string]"),
        "expired": (("sweep", "expired"), "array[string]"),
        "failed": (("sweep", "failed"), "array[string]"),
        "reminded": (("sweep", "reminded"), "array[object]"),
        "checked": (("sweep", "checked"), "number"),
        "error": (("sweep", "error_message"), "string"),
    }
    canvas.node("hour", hourly("Every hour", "", minute=5), column=0, y=_ROW)
    canvas.node("sweep", sweep, column=1, y=_ROW)
    canvas.node("output", end("Output", outputs), column=2, y=_ROW)
    canvas.edge("hour", "sweep")
    canvas.edge("sweep", "output")
    canvas.note("note_edits", _EDITS, column=0, y=40)
    canvas.note("note_how", _HOW, column=1.5, y=40, theme="green")
    canvas.note("note_reminders", _REMINDERS, column=3, y=40, theme="cyan")
    return canvas.document()
