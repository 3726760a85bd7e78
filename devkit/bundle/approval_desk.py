# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_desk.yml`: a form, an analysis, the policy; then people decide on the plugin's own pages.

The run ends once the signers are told. Nothing of the decision hangs on it, and the personal links stay inside: whoever
started a run sees its outputs, and a link decides in its person's name.
"""

from typing import Any

from devkit.bundle.approval import answers, whole_form
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.decision import add_settings, analysis, submission
from devkit.bundle.decision_notes import POLICY, TOOLS, numbered
from devkit.bundle.edition import Edition
from devkit.bundle.http_nodes import post_json
from devkit.bundle.nodes import (
    AnyOf,
    Condition,
    Data,
    Tools,
    end,
    grouped,
    if_else,
    iteration,
    start,
)
from devkit.bundle.router import RUN_ID, Router
from devkit.declarations import Declarations

APP = App(
    name="Approval on the desk",
    description="Someone asks, a model reads it, your policy decides who must sign, and each signer gets a link of "
    "their own. The run ends; people decide on the plugin's pages.",
    icon="🖋️",
    icon_background="#E6E9FB",
)
_ROW = 420
_BELOW = 640
_AT_ONCE = 5
# Each of these values is made by the plugin and holds no sign that JSON gives a meaning.
_MESSAGE = """\
{"to": "{{#each.item.email#}}", "url": "{{#each.item.url#}}", "request_id": "{{#submit.request_id#}}",
 "level": "{{#submit.approver_level#}}", "deadline_at": "{{#submit.deadline_at#}}",
 "text": "A request waits for your decision: {{#each.item.url#}}"}
"""
_EDITS = numbered(
    "Four things to look at after import",
    TOOLS,
    (
        "Desk: add an endpoint to the plugin in Dify, with api_token and desk_secret; then give the plugin's "
        "credentials the same desk_secret, and public_url: the endpoint's address."
    ),
    (
        "NOTIFY_URL: the address of your mail or chat gateway. It gets one POST for each signer, JSON with to, url and "
        "text. Empty: nobody is written to, and the requests wait on the desk."
    ),
    POLICY,
)
_LINKS = (
    "Personal links",
    (
        "A link decides in the name of the person that it was made for, so it leaves this workflow by NOTIFY_URL alone "
        "and is no output of the run. Whoever may read the run's log in Dify can see it: give that right with care."
    ),
    "Signers of later stages find the request on the desk; the plugin's own notifications (notify_url) point there.",
)


def approval_desk(declarations: Declarations, edition: Edition) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas, tools = Canvas(APP), Tools(declarations)
    add_settings(canvas, edition)
    canvas.setting(
        "NOTIFY_URL", "Where each signer's link is sent to, as JSON by POST. Empty: nowhere.", secret=True
    )
    canvas.setting("NOT_SUBMITTED", "What `state` says of a request that was not submitted.", "not_submitted")
    canvas.node("start", start("Request", whole_form(edition)), column=0, y=_ROW)
    canvas.node("analyze", analysis(tools, answers(edition), RUN_ID), column=1, y=_ROW)
    stored = AnyOf([Condition(("analyze", "status"), "is", word) for word in ("ok", "manual_review")])
    canvas.node("stored", if_else("stored", "Is it on record?", "", {"stored": stored}), column=2, y=_ROW)
    canvas.node("submit", _submission(tools), column=3, y=_ROW)
    canvas.node("signers", _has_signers(), column=4, y=_ROW)
    canvas.iteration("each", _rounds(), column=5, y=_ROW - 60, columns=1)
    canvas.inside("each", "notify", _notice(), column=0)
    canvas.node("outcome", _outcome(), column=6.5, y=_BELOW)
    canvas.node("output", end("Output", _outputs()), column=7.5, y=_BELOW)
    canvas.edge("start", "analyze")
    canvas.edge("analyze", "stored")
    canvas.edge("stored", "submit", "stored")
    canvas.edge("stored", "outcome", "false")
    canvas.edge("submit", "signers")
    canvas.edge("signers", "each", "signers")
    canvas.edge("signers", "outcome", "false")
    canvas.edge("each", "outcome")
    canvas.edge("eachstart", "notify")
    canvas.edge("outcome", "output")
    canvas.note("note_edits", _EDITS, column=0, y=-160)
    canvas.note("note_links", _LINKS, column=2, y=-40, theme="blue")
    return canvas.document()


def _submission(tools: Tools) -> Data:
    """As in every workflow; without the plugin nobody is told."""
    data = submission(Router(tools))
    data["default_value"].append({"key": "decide_links", "type": "array[object]", "value": []})
    return data


def _has_signers() -> Data:
    """Whether there is somebody to write to, and an address to send it to."""
    somebody = Condition(("submit", "decide_links"), "not empty", "", "array[object]")
    address = Condition(("env", "NOTIFY_URL"), "not empty", "", "secret")
    return if_else("signers", "Is somebody told?", "", {"signers": [somebody, address]})


def _rounds() -> Data:
    return iteration(
        "Each signer",
        "One that cannot be told stops no other.",
        start_id="eachstart",
        items=("submit", "decide_links"),
        result=("notify", "status_code"),
        at_once=_AT_ONCE,
        gives="array[number]",
    )


def _notice() -> Data:
    sent = post_json(
        "notify", "Send the link", "To your mail or chat gateway.", url="{{#env.NOTIFY_URL#}}", body=_MESSAGE
    )
    return {
        **sent,
        "timeout": {"connect": 10, "read": 20, "write": 10},
        "retry_config": {"retry_enabled": True, "max_retries": 3, "retry_interval": 2000},
    }


def _outcome() -> Data:
    groups = {
        "state": [("submit", "state"), ("env", "NOT_SUBMITTED")],
        "next_step": [("submit", "next_step")],
        "approver_level": [("submit", "approver_level")],
        "reason": [("submit", "reason"), ("analyze", "error_message")],
        "entry_hash": [("submit", "entry_hash")],
        "error": [("submit", "error_message"), ("analyze", "error_message")],
    }
    return grouped("outcome", "Outcome", "Where the request stands now.", groups)


def _outputs() -> dict[str, tuple[tuple[str, ...], str]]:
    stands = ("state", "next_step", "approver_level", "reason", "entry_hash")
    return {
        "request_id": (("sys", "workflow_run_id"), "string"),
        **{name: (("outcome", name, "output"), "string") for name in stands},
        "risk_level": (("analyze", "risk_level"), "string"),
        "summary": (("analyze", "summary"), "string"),
        "cost_usd": (("analyze", "cost_usd"), "number"),
        "tokens": (("analyze", "tokens_used"), "number"),
        "notified": (("each", "output"), "array[number]"),
        "error": (("outcome", "error", "output"), "string"),
    }
