# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_batch.yml`: a list of requests, read in one call, routed one by one, told in one report.

Dify stops a run after 500 steps, and every node in a round of the iteration counts: two nodes a round and
five around it leave room for 200 requests.
"""

from typing import Any

from devkit.bundle.canvas import App, Canvas
from devkit.bundle.decision import PROVIDER
from devkit.bundle.nodes import Data, Field, SharedSchema, end, iteration, start, template, tool
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

_LINE = """\
{%- if state -%}
| {{ item.request_id }} | {{ item.risk_level }} | {{ state }} | {{ level or '–' }} | {{ rule }} |
{%- else -%}
{%- set why = item.error_message or problem or '' -%}
| {{ item.request_id or '(not stored)' }} | – | not routed | – | {{ why | replace('|', '/') }} |
{%- endif -%}
"""
_REPORT = """\
{% if lines is none -%}
Nothing was routed: {{ problem or 'the list could not be read' }}
{%- else -%}
{{ total }} requests: {{ succeeded }} read by the model, {{ failed }} left to people without an analysis.
{%- if left_out %}
**{{ left_out }} at the end of the list were stored and not routed; send them again in a shorter list.**
{%- endif %}
{%- if not_started %}
**The time was over for {{ not_started }}; they were not stored, send them again.**
{%- endif %}

| request | risk | state | who signs next | rule, or what went wrong |
|---|---|---|---|---|
{% for line in lines -%}
{{ line or '| ? | – | not routed | – | this round failed |' }}
{% endfor %}
Tokens: {{ tokens }}. Cost: {{ '%.4f USD' % cost if cost is number else 'not known' }}.
{%- endif %}
"""
_EDITS = (
    "Two things to edit after import",
    "1. Tool credential: open “Read them all” and choose the Approvals credential; “Apply the policy” uses it too.",
    "2. Policy: paste yours into the environment variable POLICY (JSON fits in one line). Empty means the default.",
)
_AFTER = (
    "What happens next",
    (
        "This run reads and routes; it asks nobody. Those who must sign decide in your own system, through the "
        "plugin's HTTP events or a workflow with route_approval. Import deadline_sweep.yml, so that none is forgotten."
    ),
    (
        "Each request is an object with content, and request_id, requester, request_type, amount, currency if you have "
        "them. Give each a request_id: then the same list, run twice, is the same requests."
    ),
)


def approval_batch(declarations: Declarations) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas = Canvas(APP)
    canvas.setting("POLICY", "Your policy as YAML or JSON. Empty: the policy that comes with the plugin.")
    canvas.setting("MODEL", "The model that reads requests. Empty: the one in the plugin's credentials.")
    canvas.node("start", start("Requests", (_LIST,)), column=0, y=_ROW)
    canvas.node("analyze", _analysis(declarations), column=1, y=_ROW)
    rounds = iteration(
        "Route each",
        "A round that fails stops no other.",
        start_id="eachstart",
        items=("analyze", "results"),
        result=("line", "output"),
        at_once=AT_ONCE,
    )
    canvas.iteration("each", rounds, column=2, y=_ROW - 60, columns=2)
    canvas.inside("each", "submit", _submission(declarations), column=0)
    canvas.inside("each", "line", _line(), column=1)
    canvas.node("report", _report(), column=4.5, y=_ROW)
    canvas.node("output", end("Output", _outputs()), column=5.5, y=_ROW)
    canvas.edge("start", "analyze")
    canvas.edge("analyze", "each")
    canvas.edge("analyze", "report", "fail-branch")
    canvas.edge("eachstart", "submit")
    canvas.edge("submit", "line", "source", "fail-branch")
    canvas.edge("each", "report")
    canvas.edge("report", "output")
    canvas.note("note_edits", _EDITS, column=0, y=40)
    canvas.note("note_after", _AFTER, column=1.5, y=20, theme="blue")
    return canvas.document()


def _analysis(declarations: Declarations) -> Data:
    declared = declarations[PROVIDER, "analyze_batch"]
    return tool(
        "Read them all",
        "Stores every request, then asks the model about it. One that fails goes to a person.",
        declared,
        SharedSchema(declared.name, declared.output_schema),
        requests=["start", "requests"],
        policy=["env", "POLICY"],
        model=["env", "MODEL"],
    )


def _submission(declarations: Declarations) -> Data:
    declared = declarations[PROVIDER, "route_approval"]
    request = "{{#each.item.request_id#}}"
    router = Router(declared, SharedSchema(declared.name, declared.output_schema), request)
    submitted = router.node("Apply the policy", "", "submit", "submit")
    key = {"type": "mixed", "value": f"{RUN_ID}-{request}"}
    return {**submitted, "tool_parameters": {**submitted["tool_parameters"], "idempotency_key": key}}


def _line() -> Data:
    routed = {"state": "state", "level": "approver_level", "rule": "policy_rule", "problem": "error_message"}
    variables = {"item": ("each", "item"), **{name: ("submit", key) for name, key in routed.items()}}
    return template("One line of the report", "", _LINE, variables)


def _report() -> Data:
    read = {"total": "total", "succeeded": "succeeded", "failed": "failed", "tokens": "tokens_used"}
    read |= {"cost": "total_cost_usd", "problem": "error_message"}
    read |= {"left_out": "results_left_out", "not_started": "not_started"}
    variables = {"lines": ("each", "output"), **{name: ("analyze", key) for name, key in read.items()}}
    return template("Report", "", _REPORT, variables)


def _outputs() -> dict[str, tuple[tuple[str, str], str]]:
    return {
        "report": (("report", "output"), "string"),
        **{name: (("analyze", name), "number") for name in ("total", "succeeded", "failed", "tokens_used")},
        "cost_usd": (("analyze", "total_cost_usd"), "number"),
        "error": (("analyze", "error_message"), "string"),
    }
