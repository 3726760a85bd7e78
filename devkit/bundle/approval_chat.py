# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_chat.yml`: the same decision in conversation, with a question for each missing field.

No model reads the fields out of the conversation. The amount and the kind decide who must sign, so they are what a
person typed. The plugin reads the amount, and the chat reads back what the plugin understood before it submits.

Dify forgets at a resume which edges were taken before the pause (its versions differ), and shows an Answer only once
it knows one whole way to it. So the start leads straight to the outcome too, and the branch behind it, which runs
after the last pause, decides whether there is an outcome to tell.
"""

from dataclasses import replace
from typing import Any

from devkit.bundle.asking import ByDelivery
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.chat_nodes import answer, remember
from devkit.bundle.chat_questions import AMOUNT, CONFIRM, add_questions, asked_first, connect_questions
from devkit.bundle.decision import add_ends, add_settings, analysis, connect_ends
from devkit.bundle.decision_notes import ADDRESSES, FAILURE, POLICY, TOOLS, add_level_notes, numbered
from devkit.bundle.edition import Edition
from devkit.bundle.layout import BOTTOM
from devkit.bundle.levels import FIRST_GATE, Levels
from devkit.bundle.nodes import Condition, Tools, aggregator, if_else
from devkit.bundle.router import RUN_ID, Router
from devkit.declarations import Declarations

APP = App(
    name="Approval chat",
    description="Ask in a conversation: it asks back for what is missing, and tells you what was decided.",
    icon="💬",
    icon_background="#FCE8EF",
    mode="advanced-chat",
)
_HELP = "I ask for the rest. “Start over” begins again, “status” tells how your last request stands."
_REMEMBERED = {
    "asking": "The field that the last question was about. Empty: the next message is a new request.",
    "content": "What is asked for, in the requester's own words.",
    "requester": "Who asks.",
    "request_type": "The kind of request.",
    "amount": "The amount as it was typed.",
    "request_id": "The last request of this conversation.",
    "outcome": "Always empty. Cleared by a message that has no outcome to tell, so that every branch leads somewhere.",
    "digest": "The digest of its content; only what was read back is submitted.",
}
_SAID = (
    *("ask_content", "tell_status", "ask_name", "ask_kind", "ask_again", "ask_cost"),
    *("ask_amount_again", "ask_right", "ask_cost_anew", "ask_yes", "not_sent"),
)
"""The answers with which a run ends that asks back or tells how a request stands."""
_FIRST = 4  # the column of the analysis, after the questions

_EDITS = numbered("Three things to look at after import", TOOLS, ADDRESSES, POLICY)
_QUESTIONS = (
    "Why it asks instead of reading between the lines",
    (
        "The amount and the kind of request decide who must sign. They are taken as typed, so no wording can talk a "
        "model into a smaller amount. The conversation variable “asking” says which field the next message fills."
    ),
    "The amount is read back as the plugin understood it. “9.000” could be nine or nine thousand, so it asks again.",
    (
        "Lines of the first message such as “Supplier: Contoso” or “Department: sales” state what rules test and what "
        "finds duplicates. They are read back too."
    ),
)


def approval_chat(declarations: Declarations, edition: Edition) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    app = replace(APP, opening=f"{asked_first(edition.facts.lines)} {_HELP}")
    canvas, tools = Canvas(app, corner=(-420, -1080), zoom=0.3), Tools(declarations)
    for name, description in _REMEMBERED.items():
        canvas.remembered(name, description)
    add_settings(canvas, edition)
    add_questions(canvas, tools, edition.types, edition.facts.lines)
    _add_analysis(canvas, tools)
    router = Router(tools, ["conversation", "request_id"])
    levels = Levels(canvas, router, ByDelivery(edition.addresses, edition.form_hours), _FIRST + 6)
    _add_submission(canvas, router)
    connect_questions(canvas, edition.types, analyze="analyze", submit="submit")
    levels.add()
    add_ends(canvas, levels, _FIRST + 7)
    canvas.edge("told", FIRST_GATE)
    levels.connect()
    connect_ends(canvas, levels)
    _add_closing(canvas, levels)
    canvas.note("note_edits", _EDITS, column=-1.4, y=CONFIRM)
    canvas.note("note_questions", _QUESTIONS, column=-1.4, y=AMOUNT, theme="violet")
    canvas.note("note_failure", FAILURE, column=-1.4, y=AMOUNT + 400, theme="pink")
    add_level_notes(canvas, levels.first + 1)
    return canvas.document()


def _add_analysis(canvas: Canvas, tools: Tools) -> None:
    add, edge = canvas.node, canvas.edge
    fields = {name: ("conversation", name) for name in ("content", "request_type", "requester", "amount")}
    fields["details"] = ("conversation", "content")
    add("analyze", analysis(tools, fields, RUN_ID), column=_FIRST, y=AMOUNT)
    refused = {"refused": [Condition(("analyze", "request_id"), "empty", "")]}
    add("stored", if_else("stored", "Is it on record?", "", refused), column=_FIRST + 1, y=AMOUNT)
    problem = aggregator("What is wrong", "", "string", [("analyze", "error_message")])
    add("problem", problem, column=_FIRST + 2, y=AMOUNT + 210)
    again = "{{#problem.output#}}\n\nHow much does it cost?\n"
    add("ask_amount_again", answer("Ask for the amount again", again), column=_FIRST + 3, y=AMOUNT + 210)
    kept = {
        "asking": "confirm",
        "request_id": ("analyze", "request_id"),
        "digest": ("analyze", "content_digest"),
    }
    add("keep_request", remember("Keep what is asked about", kept), column=_FIRST + 2, y=AMOUNT)
    found = tools.node("find_approvals", "Read it back", "", {}, request_id=["analyze", "request_id"])
    add("found", found, column=_FIRST + 3, y=AMOUNT)
    add(
        "read_back",
        aggregator("As it was understood", "", "string", [("found", "text"), ("found", "error_message")]),
        column=_FIRST + 4,
        y=AMOUNT + 120,
    )
    right = "{{#read_back.output#}}\n\nIs that right? “Yes” sends it to whoever must sign.\n"
    add("ask_right", answer("Ask whether it is right", right), column=_FIRST + 5, y=AMOUNT + 120)
    edge("analyze", "stored")
    edge("stored", "problem", "refused")
    edge("problem", "ask_amount_again")
    edge("stored", "keep_request", "false")
    edge("keep_request", "found")
    edge("found", "read_back")
    edge("read_back", "ask_right")


def _add_submission(canvas: Canvas, router: Router) -> None:
    add, edge = canvas.node, canvas.edge
    submit = router.node(
        "Apply the policy",
        "Only what was read back can be submitted.",
        "submit",
        "submit",
        state="not_submitted",
        content_digest=["conversation", "digest"],
    )
    # One key for every “yes” to the same request: the second counts when the first was lost on its way.
    submit["tool_parameters"]["idempotency_key"]["value"] = "{{#conversation.request_id#}}-submit"
    add("submit", submit, column=_FIRST + 1, y=CONFIRM)
    ok = {"sent": [Condition(("submit", "status"), "is", "ok")]}
    add("submitted", if_else("submitted", "Is it sent?", "", ok), column=_FIRST + 2, y=CONFIRM)
    add("sent", remember("It is sent", {"asking": ""}), column=_FIRST + 3, y=CONFIRM)
    add(
        "said",
        aggregator("What was said", "", "string", [("submit", "reason")]),
        column=_FIRST + 4,
        y=CONFIRM,
    )
    words = "Request {{#conversation.request_id#}} is on record: {{#said.output#}}.\n"
    add("told", answer("On record", words), column=_FIRST + 5, y=CONFIRM)
    why = aggregator("Why it is not sent", "", "string", [("submit", "error_message")])
    add("why_not_sent", why, column=_FIRST + 3, y=CONFIRM - 200)
    again = (
        "Your request was not sent: {{#why_not_sent.output#}}\n\nSay “yes” to try again, or “start over”.\n"
    )
    add("not_sent", answer("Not sent", again), column=_FIRST + 4, y=CONFIRM - 200)
    edge("submit", "submitted")
    edge("submitted", "sent", "sent")
    edge("sent", "said")
    edge("said", "told")
    edge("submitted", "why_not_sent", "false")
    edge("why_not_sent", "not_sent")


def _add_closing(canvas: Canvas, levels: Levels) -> None:
    there = {"outcome": [Condition(("outcome", "state", "output"), "is not", "not_submitted")]}
    canvas.node(
        "decided", if_else("decided", "Is there an outcome?", "", there), column=levels.last + 1, y=BOTTOM
    )
    words = (
        "Your request {{#conversation.request_id#}}: **{{#outcome.state.output#}}**. "
        "{{#outcome.reason.output#}} {{#outcome.error.output#}}\n"
    )
    canvas.node("closing", answer("Tell the outcome", words), column=levels.last + 2, y=BOTTOM)
    canvas.edge("start", "outcome")
    # The outcome waits for the question too: beside another node a Variable Assigner fails at random, since Dify
    # copies all variables while it runs.
    asked = aggregator("What was asked back", "", "string", [(name, "answer") for name in _SAID])
    canvas.node("asked", asked, column=_FIRST + 6, y=BOTTOM + 340)
    for name in _SAID:
        canvas.edge(name, "asked")
    canvas.edge("asked", "outcome")
    canvas.edge("outcome", "decided")
    none_yet = remember("No outcome yet", {"outcome": ""})
    canvas.node("no_outcome", none_yet, column=levels.last + 2, y=BOTTOM + 200)
    canvas.edge("decided", "closing", "outcome")
    canvas.edge("decided", "no_outcome", "false")
