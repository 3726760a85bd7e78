# SPDX-License-Identifier: Apache-2.0
"""`approval.yml` and `approval_v2.yml`: a form, an analysis, the policy, and people until it is decided."""

from collections.abc import Sequence
from typing import Any

from devkit.bundle.asking import Asking, ByAddress, ByDelivery
from devkit.bundle.canvas import DSL_VERSION_1_16, App, Canvas
from devkit.bundle.decision import RESULTS, Decision
from devkit.bundle.decision_notes import ADDRESSES, POLICY, TOOLS, add_notes, numbered
from devkit.bundle.edition import Edition
from devkit.bundle.layout import BOTTOM, LOWER
from devkit.bundle.nodes import Field, Selector, Tools, end, start
from devkit.declarations import Declarations

APP = App(
    name="Approval",
    description="Someone asks, a model reads it, your policy decides who must sign, people decide, and every step "
    "is on record.",
    icon="✅",
    icon_background="#E4F2E7",
)
APP_V2 = App(
    name="Approval by address",
    description="Someone asks, a model reads it, your policy decides who must sign and where to reach them, people "
    "decide, and every step is on record. For Dify 1.20 and later.",
    icon="📬",
    icon_background="#E4F2E7",
    dsl_version=DSL_VERSION_1_16,
)
CURRENCIES = ("USD", "EUR", "GBP", "BRL", "CNY", "INR", "JPY")

_EDITS = numbered("Three things to look at after import", TOOLS, ADDRESSES, POLICY)
_EDITS_V2 = numbered(
    "Two things to look at after import",
    TOOLS,
    (
        "Policy: paste yours into the environment variable POLICY, as one line of JSON, with the people who may sign: "
        '{"people": [{"name": "Ann Lee", "email": "ann@example.com", "levels": ["manager"]}]}. A level without an '
        "address ends the run with the request still open, and `error` says so."
    ),
)


def approval(declarations: Declarations, edition: Edition) -> dict[str, Any]:
    """The file for Dify 1.13 and later, for the tools as they are declared."""
    return _asked_by_form(
        APP, declarations, edition, ByDelivery(edition.addresses, edition.form_hours), _EDITS
    )


def approval_v2(declarations: Declarations, edition: Edition) -> dict[str, Any]:
    """The file for Dify 1.20 and later."""
    return _asked_by_form(APP_V2, declarations, edition, ByAddress(edition.form_hours), _EDITS_V2)


def form(edition: Edition) -> tuple[Field, ...]:
    """The fields of the form with which people ask."""
    return (
        Field("requester", "Your name or e-mail address", "text-input", required=True, max_length=100),
        Field(
            "request_type",
            "What kind of request is it?",
            "select",
            required=True,
            default=edition.types[0],
            options=edition.types,
        ),
        Field("content", "What do you need, and why?", "paragraph", required=True, max_length=20_000),
        Field("amount", "Amount (if it costs money)", "number"),
        Field("currency", "Currency", "select", default=CURRENCIES[0], options=CURRENCIES),
    )


def whole_form(edition: Edition) -> tuple[Field, ...]:
    """The same, and what the policy looks at besides."""
    return (*form(edition), *edition.facts.fields)


def answers(edition: Edition) -> dict[str, Selector | str]:
    """Where the tool that analyzes finds what was answered in the whole form."""
    own: dict[str, Selector | str] = {field.variable: ("start", field.variable) for field in form(edition)}
    return {**own, **edition.facts.parameters}


def _asked_by_form(
    app: App, declarations: Declarations, edition: Edition, asking: Asking, edits: Sequence[str]
) -> dict[str, Any]:
    canvas = Canvas(app)
    canvas.node("start", start("Request", whole_form(edition)), column=0, y=LOWER)
    decision = Decision(canvas, Tools(declarations), edition, answers(edition), asking=asking)
    decision.add()
    outputs = {"request_id": (("sys", "workflow_run_id"), "string"), **RESULTS}
    canvas.node("output", end("Output", outputs), column=decision.last + 1, y=BOTTOM)
    canvas.edge("start", "analyze")
    decision.connect()
    canvas.edge("outcome", "output")
    add_notes(canvas, edits, levels=decision.levels.first + 1)
    return canvas.document()
