# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_chat.yml`: the same decision in conversation, with a question for each missing field.

No model reads the fields out of the conversation. The amount and the kind decide who must sign, so they are
what a person typed, checked, and never what a model made of it.
"""

from typing import Any

from devkit.bundle.asking import ByDelivery
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.chat_nodes import answer
from devkit.bundle.chat_questions import add_questions, connect_questions
from devkit.bundle.decision import GROUND, Decision
from devkit.bundle.decision_notes import add_notes
from devkit.bundle.ladder import Asked
from devkit.bundle.nodes import Selector, template
from devkit.declarations import Declarations

APP = App(
    name="Approval chat",
    description="Ask in a conversation: it asks back for what is missing, and tells you what was decided.",
    icon="💬",
    icon_background="#FCE8EF",
    mode="advanced-chat",
    opening="What do you need, and why? One message is enough; I ask for the rest. “Start over” begins again.",
)
_REMEMBERED = {
    "asking": "The field that the last question was about. Empty: the next message is a new request.",
    "content": "What is asked for, in the requester's own words.",
    "requester": "Who asks.",
    "request_type": "The kind of request.",
}
_FIRST = 8  # the column of the analysis, after the questions

_CLOSING = """\
Your request {{ request_id }} is **{{ state | replace('_', ' ') }}**.
{%- if reason %} {{ reason }}.{% endif %}
{%- if error %}

{{ error }}{% endif %}
"""
_EDITS = (
    "Three things to edit after import",
    "1. Tool credential: open “Read the request” and choose the Approvals credential; the other tool nodes use it too.",
    "2. Approvers: put real addresses into the e-mail delivery of the four “… decides” nodes.",
    "3. Policy: paste yours into the environment variable POLICY (JSON fits in one line). Empty means the default.",
)
_QUESTIONS = (
    "Why it asks instead of reading between the lines",
    (
        "The amount and the kind of request decide who must sign. They are taken as typed, so no wording can talk a "
        "model into a smaller amount. The conversation variable “asking” says which field the next message fills."
    ),
    (
        "Your policy names other kinds of request? Change them in the node “Which field is this?” and in the two "
        "questions for the kind."
    ),
)


def approval_chat(declarations: Declarations) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas = Canvas(APP)
    for name, description in _REMEMBERED.items():
        canvas.remembered(name, description)
    add_questions(canvas)
    fields = {
        **{name: ("conversation", name) for name in ("content", "request_type", "requester")},
        "amount": ("amount", "output"),
        "currency": ("currency", "output"),
    }
    # No web app delivery: the form would open in the conversation, before the person who asks.
    decision = Decision(
        canvas, declarations, Asked(fields, asking=ByDelivery(web_app=False)), first=_FIRST, room=1
    )
    decision.add()
    told = answer("On record", "Request {{#sys.workflow_run_id#}} is on record. {{#submit.reason#}}.\n")
    canvas.node("told", told, column=_FIRST + 2, y=GROUND - 280)
    results: dict[str, Selector] = {"request_id": ("sys", "workflow_run_id")}
    results |= {name: ("outcome", name, "output") for name in ("state", "reason", "error")}
    canvas.node(
        "closing", template("Closing words", "", _CLOSING, results), column=decision.last + 1, y=GROUND
    )
    canvas.node(
        "answer", answer("Tell the outcome", "{{#closing.output#}}"), column=decision.last + 2, y=GROUND
    )
    connect_questions(canvas, then="analyze")
    decision.connect(told="told")
    canvas.edge("told", "submitted")
    canvas.edge("outcome", "closing")
    canvas.edge("closing", "answer")
    add_notes(canvas, _EDITS, ladder=decision.ladder, y=80)
    canvas.note("note_questions", _QUESTIONS, column=2.8, y=80, theme="violet")
    return canvas.document()
