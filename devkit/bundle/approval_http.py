# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_http.yml`: the analysis through the plugin's HTTP endpoint, as any other system asks for it."""

import json
from collections.abc import Mapping
from typing import Any

from devkit.bundle.approval import whole_form
from devkit.bundle.canvas import App, Canvas
from devkit.bundle.edition import Edition
from devkit.bundle.http_nodes import post_json, python
from devkit.bundle.nodes import end, start, template

APP = App(
    name="Approval over HTTP",
    description="Asks the plugin's own endpoint about a request, with an HTTP Request node, and shows what it says.",
    icon="🌐",
    icon_background="#E0F3F4",
)
_ROW = 380
_READ = '''\
import json


def main(body: str, status_code: int) -> dict:
    """What the endpoint said: an analysis, a refusal, or something that is neither."""
    try:
        said = json.loads(body or "")
    except ValueError:
        said = None
    said = said if isinstance(said, dict) else {}
    refusal = said.get("error")
    refusal = refusal if isinstance(refusal, dict) else {}
    problem = refusal.get("message") or said.get("error_message") or ""
    if not said.get("request_id") and not problem:
        problem = f"the endpoint answered {status_code} without an analysis"
    return {
        "status": str(said.get("status") or refusal.get("code") or "failed"),
        "request_id": str(said.get("request_id") or ""),
        "risk_level": str(said.get("risk_level") or ""),
        "suggested_level": str(said.get("suggested_level") or ""),
        "summary": str(said.get("summary") or ""),
        "error": str(problem),
    }
'''
_RESULTS = ("status", "request_id", "risk_level", "suggested_level", "summary", "error")
_EDITS = (
    "Two things to edit after import",
    (
        "1. ENDPOINT_URL, without a slash at its end. In a stock Docker Compose it is http://nginx/e/ and the id that "
        "Dify shows under the plugin's endpoints, not the http://localhost/e/… that stands there: this node's calls go "
        "through a proxy, for which localhost is its own container. Where Dify has a public https address, that one."
    ),
    "2. API_TOKEN: the api_token from the endpoint's settings. It is a secret: Dify does not export it.",
)
_WHY = (
    "When to use this",
    (
        "Inside Dify the tool “Analyze a request” is the shorter way. This shows how any other system calls the "
        "endpoint, and that a template with tojson, not a hand-written body, keeps quotes and line breaks whole."
    ),
    "The analysis decides nothing: the request is stored as pending until an event submits it.",
)


def _body(context: Mapping[str, str]) -> str:
    """The template of the body. `context` names the variable of each key; the endpoint leaves out an empty one."""
    pairs = [f"{json.dumps(key, ensure_ascii=False)}: {name}" for key, name in context.items()]
    lines = ",\n  ".join([*pairs, '"request_id": run'])
    return f'{{{{ {{"content": content, "context": {{\n  {lines}}}}} | tojson }}}}\n'


def approval_http(edition: Edition) -> dict[str, Any]:
    """The whole file."""
    canvas = Canvas(APP)
    canvas.setting(
        "ENDPOINT_URL",
        "The plugin's endpoint: https://dify.example.com/e/abc123, or http://nginx/e/abc123 in a stock Docker Compose.",
    )
    canvas.setting("API_TOKEN", "The api_token of the endpoint's settings.", secret=True)
    asked = whole_form(edition)
    fields = {field.variable: ("start", field.variable) for field in asked}
    own = {variable: key for key, variable in edition.facts.variables.items()}
    body = template(
        "Body",
        "JSON, with whatever people type escaped.",
        _body({own.get(name, name): name for name in fields if name != "content"}),
        {**fields, "run": ("sys", "workflow_run_id")},
    )
    ask = post_json(
        "ask",
        "Ask the endpoint",
        "A refusal is an answer too; the next node reads it.",
        url="{{#env.ENDPOINT_URL#}}/v1/approvals/analyze",
        token="{{#env.API_TOKEN#}}",  # noqa: S106 - the name of the variable that holds it
        body="{{#body.output#}}",
    )
    reads = {"body": ("ask", "body"), "status_code": ("ask", "status_code")}
    read = python("Read the answer", "", _READ, reads, dict.fromkeys(_RESULTS, "string"))
    outputs = {name: (("read", name), "string") for name in _RESULTS}
    canvas.node("start", start("Request", asked), column=0, y=_ROW)
    canvas.node("body", body, column=1, y=_ROW)
    canvas.node("ask", ask, column=2, y=_ROW)
    canvas.node("read", read, column=3, y=_ROW)
    canvas.node("output", end("Output", outputs), column=4, y=_ROW)
    canvas.edge("start", "body")
    canvas.edge("body", "ask")
    canvas.edge("ask", "read")
    canvas.edge("read", "output")
    canvas.note("note_edits", _EDITS, column=0, y=60)
    canvas.note("note_why", _WHY, column=1.6, y=60, theme="cyan")
    return canvas.document()
