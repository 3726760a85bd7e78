# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_webhook.yml`: the same decision, for requests that an ERP or a ticket system sends.

The sender's own number is the request's id, so a document that is sent twice is one request.
"""

from typing import Any

from devkit.bundle.asking import ByDelivery
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.decision import GROUND, RESULTS, Decision
from devkit.bundle.decision_notes import add_notes
from devkit.bundle.ladder import Asked
from devkit.bundle.nodes import end
from devkit.bundle.triggers import BodyField, webhook
from devkit.declarations import Declarations

APP = App(
    name="Approval by webhook",
    description="Your ERP or ticket system sends a request; the policy decides who must sign, and they sign by e-mail.",
    icon="📨",
    icon_background="#E3ECF9",
)
BODY = (
    BodyField("reference", "string", required=True),
    BodyField("content", "string", required=True),
    BodyField("requester", "string", required=True),
    BodyField("request_type", "string"),
    BodyField("amount", "number"),
    BodyField("currency", "string"),
    BodyField("priority", "number"),
    BodyField("deadline_hours", "number"),
)
RECEIVED = '{"status": "received"}'

_EDITS = (
    "Four things to do after import",
    "1. Tool credential: open “Read the request” and choose the Approvals credential; the other tool nodes use it too.",
    "2. Approvers: put real addresses into the e-mail delivery of the four “… decides” nodes.",
    "3. Policy: paste yours into the environment variable POLICY (JSON fits in one line). Empty means the default.",
    (
        "4. Publish, copy the webhook's address from the first node into your system, and keep it secret: whoever "
        "knows it can file a request. Nobody can decide through it."
    ),
)
_REFERENCE = (
    "What to send",
    (
        "JSON with reference, content and requester; request_type, amount, currency, priority and deadline_hours if "
        "you have them. The reference becomes the request's ID: letters, digits and . _ : @ - only."
    ),
    (
        "Dify answers “received” at once. The result is in the run's log and in find_approvals; a reference that was "
        "sent before starts no second round of decisions."
    ),
)


def approval_webhook(declarations: Declarations) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas = Canvas(APP)
    trigger = webhook("Request arrives", "A POST with JSON from your system.", BODY, RECEIVED)
    canvas.node("webhook", trigger, column=0, y=GROUND)
    fields = {one.name: ("webhook", one.name) for one in BODY if one.name != "reference"}
    # No web app delivery: nobody sits in front of a run that a trigger started.
    asked = Asked(fields, "{{#webhook.reference#}}", ByDelivery(web_app=False))
    decision = Decision(canvas, declarations, asked)
    decision.add()
    outputs = {"request_id": (("webhook", "reference"), "string"), **RESULTS}
    canvas.node("output", end("Output", outputs), column=decision.last + 1, y=GROUND)
    canvas.edge("webhook", "analyze")
    decision.connect()
    canvas.edge("outcome", "output")
    add_notes(canvas, _EDITS, ladder=decision.ladder)
    canvas.note("note_reference", _REFERENCE, column=0, y=GROUND + 340, theme="cyan")
    return canvas.document()
