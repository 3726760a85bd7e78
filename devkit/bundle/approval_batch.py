# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_batch.yml`: a list of requests, read in one call, routed one by one, told in one report.

Dify stops a run after 500 steps, and every node in a round of the iteration counts: one node a round and seven around
it leave room for 200 requests.
"""

from typing import Any

from devkit.bundle.canvas import App, Canvas
from devkit.bundle.decision import add_settings
from devkit.bundle.decision_notes import POLICY, TOOLS, numbered
from devkit.bundle.edition import Edition
from devkit.bundle.nodes import Condition, Data, Field, Tools, aggregator, end, if_else, iteration, start
from devkit.bundle.router import RUN_ID, Router
from devkit.declarations import Declarations

APP = App(
    name="Approval batch",
    description="A list of requests at once: read, routed by your policy, and told in one report.",
    icon="🗂️",
    icon_background="#EDE7F6",
)
AT_ONCE = 10  # the most that Dify runs side by side
_ROW = 420
_LIST = Field(
    "requests", "The requests, as a JSON list (200 at most)", "paragraph", required=True, max_length=150_000
)

_EDITS = numbered("Two things to look at after import", TOOLS, POLICY)
_AFTER = (
    "What happens next",
    (
        "This run reads and routes; it asks nobody. Those who must sign decide in your own system, through the "
        "plugin's HTTP events or a workflow with route_approval. Import deadline_sweep.yml, so that none is forgotten."
    ),
    (
        "Each request is an object with content, and what else you have of request_id, requester, request_type, "
        "amount, currency, vendor, document_number, document_date, cost_center and context. Give "
        "each a request_id: then the same list, run twice, is the same requests."
    ),
)


def approval_batch(declarations: Declarations, edition: Edition) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas, tools = Canvas(APP), Tools(declarations)
    add_settings(canvas, edition)
    rounds = iteration(
        "Route each",
        "A round that fails stops no other.",
        start_id="eachstart",
        items=("analyze", "results"),
        result=("submit", "request_id"),
        at_once=AT_ONCE,
    )
    report = tools.node(
        "find_approvals",
        "Report",
        "Made from the records, so that it says what is true of each request.",
        {},
        request_id=["analyze", "request_ids"],
    )
    said = aggregator(
        "What is told", "", "string", [("report", "text"), ("analyze", "text"), ("analyze", "error_message")]
    )
    canvas.node("start", start("Requests", (_LIST,)), column=0, y=_ROW)
    canvas.node("analyze", _analysis(tools), column=1, y=_ROW)
    some = Condition(("analyze", "request_ids"), "not empty", "", "array[string]")
    canvas.node("stored", if_else("stored", "Is any on record?", "", {"stored": [some]}), column=2, y=_ROW)
    canvas.iteration("each", rounds, column=3, y=_ROW - 60, columns=1)
    canvas.inside("each", "submit", _submission(tools), column=0)
    canvas.node("report", report, column=4.5, y=_ROW)
    canvas.node("said", said, column=5.5, y=_ROW)
    canvas.node("output", end("Output", _outputs()), column=6.5, y=_ROW)
    canvas.edge("start", "analyze")
    canvas.edge("analyze", "stored")
    canvas.edge("stored", "each", "stored")
    canvas.edge("stored", "said", "false")
    canvas.edge("each", "report")
    canvas.edge("report", "said")
    canvas.edge("said", "output")
    canvas.edge("eachstart", "submit")
    canvas.note("note_edits", _EDITS, column=0, y=40)
    canvas.note("note_after", _AFTER, column=1.5, y=20, theme="blue")
    return canvas.document()


def _analysis(tools: Tools) -> Data:
    return tools.node(
        "analyze_batch",
        "Read them all",
        "Stores every request, then asks the model about it. One that fails goes to a person.",
        {"results": [], "request_ids": []},
        requests=["start", "requests"],
        policy=["env", "POLICY"],
        model=["env", "MODEL"],
    )


def _submission(tools: Tools) -> Data:
    request = "{{#each.item.request_id#}}"
    submitted = Router(tools, request).node("Apply the policy", "", "submit", "submit")
    submitted["tool_parameters"]["idempotency_key"]["value"] = f"{RUN_ID}-{request}"
    submitted["default_value"].append({"key": "request_id", "type": "string", "value": ""})
    return submitted


def _outputs() -> dict[str, tuple[tuple[str, str], str]]:
    return {
        "report": (("said", "output"), "string"),
        "summary": (("analyze", "text"), "string"),
        **{name: (("analyze", name), "number") for name in ("total", "succeeded", "failed", "tokens_used")},
        "cost_usd": (("analyze", "total_cost_usd"), "number"),
        "error": (("analyze", "error_message"), "string"),
    }
