# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_webhook.yml`: the same decision, for requests that an ERP or a ticket system sends.

The sender's own number is the request's id, so a document that is sent twice is one request.
"""

from typing import Any

from devkit.bundle.asking import ByDelivery
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.decision import RESULTS, Decision
from devkit.bundle.decision_notes import ADDRESSES, POLICY, TOOLS, add_notes, numbered
from devkit.bundle.edition import Edition
from devkit.bundle.layout import BOTTOM, LOWER
from devkit.bundle.nodes import Tools, end
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
    BodyField("vendor", "string"),
    BodyField("document_number", "string"),
    BodyField("document_date", "string"),
    BodyField("cost_center", "string"),
    BodyField("context", "object"),
    BodyField("priority", "number"),
    BodyField("deadline_hours", "number"),
)
RECEIVED = '{"status": "received"}'

_EDITS = numbered(
    "Four things to look at after import",
    TOOLS,
    ADDRESSES,
    POLICY,
    (
        "Publish, copy the webhook's address from the first node into your system, and keep it secret: whoever knows "
        "it can file a request. Nobody can decide through it."
    ),
)
_REFERENCE = (
    "What to send",
    (
        "JSON with reference, content and requester; request_type, amount, currency, priority and deadline_hours if "
        "you have them. The reference becomes the request's ID: letters, digits and . _ : @ - only."
    ),
    (
        "What else you know: vendor, document_number and document_date (2026-11-29) find duplicates and split "
        'purchases; rules test vendor, cost_center and context, an object such as {"department": "sales"}.'
    ),
    (
        "Dify answers “received” at once. The result is in the run's log and in find_approvals. A reference that was "
        "sent before asks nobody twice; with other content the run ends as “not_submitted” and says why."
    ),
)


def approval_webhook(declarations: Declarations, edition: Edition) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas = Canvas(APP)
    trigger = webhook("Request arrives", "A POST with JSON from your system.", BODY, RECEIVED)
    canvas.node("webhook", trigger, column=0, y=LOWER)
    fields = {one.name: ("webhook", one.name) for one in BODY if one.name != "reference"}
    decision = Decision(
        canvas,
        Tools(declarations),
        edition,
        fields,
        request_id="{{#webhook.reference#}}",
        asking=ByDelivery(edition.addresses, edition.form_hours),
    )
    decision.add()
    outputs = {"request_id": (("webhook", "reference"), "string"), **RESULTS}
    canvas.node("output", end("Output", outputs), column=decision.last + 1, y=BOTTOM)
    canvas.edge("webhook", "analyze")
    decision.connect()
    canvas.edge("outcome", "output")
    add_notes(canvas, _EDITS, levels=decision.levels.first + 1)
    canvas.note("note_reference", _REFERENCE, column=0, y=BOTTOM, theme="cyan")
    return canvas.document()
