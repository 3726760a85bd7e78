# SPDX-License-Identifier: Apache-2.0
"""For each rule, ways to break the sound workflow that this rule must find."""

from collections.abc import Mapping
from typing import Any

from tests.devkit.lint.flows import (
    Breaker,
    Document,
    add_edge,
    add_node,
    both,
    condition,
    data,
    edge,
    field,
    form,
    put,
    remove_edge,
    shell,
)
from tests.devkit.lint.form_breakers import ADDRESS, FORM_BREAKERS, once, second
from tests.devkit.lint.tool_breakers import POLICY, TOOL_BREAKERS, ahead, analyzed


def _python(value: str, head: str = "", body: str = "") -> Breaker:
    """Code that gives out a value, with lines before `main` and in it."""
    return put(
        "split", "code", value=f"{head}def main(state: str) -> dict:\n{body}  return {{'parts': [{value}]}}\n"
    )


def _ask_elsewhere(kind: str, headers: str) -> Breaker:
    """An HTTP node in place of the template, with a body of that kind."""

    def breaker(document: Document) -> None:
        request = {"type": "http-request", "method": "post", "url": "https://example.com", "headers": headers}
        request |= {"params": "", "authorization": {"type": "no-auth"}, "body": {"type": kind, "data": []}}
        shell(document, "line")["data"] = {**request, "title": "Line", "desc": "", "selected": False}

    return breaker


def _wide(rounds: int) -> Breaker:
    """One if-else after the other, both branches of each leading to the next."""

    def breaker(document: Document) -> None:
        remove_edge(document, "each", "output")
        before, handles = "each", ["source"]
        for number in range(rounds):
            case = {"id": "yes", "case_id": "yes", "logical_operator": "and"}
            case["conditions"] = [condition(100 + number, ["start", "what"], "is", "it")]  # type: ignore[assignment]
            add_node(document, f"way{number}", "if-else", cases=[case])
            for handle in handles:
                add_edge(document, before, f"way{number}", handle)
            before, handles = f"way{number}", ["yes", "false"]
        for handle in handles:
            add_edge(document, before, "output", handle)

    return breaker


def _workflow(document: Document) -> dict[str, Any]:
    return document["workflow"]  # type: ignore[no-any-return]


def _nodes(document: Document) -> list[Any]:
    return _workflow(document)["graph"]["nodes"]  # type: ignore[no-any-return]


def _variable(document: Document) -> dict[str, Any]:
    return _workflow(document)["environment_variables"][0]  # type: ignore[no-any-return]


def _depend(identifier: str) -> Breaker:
    value = {"marketplace_plugin_unique_identifier": identifier}
    return lambda document: document["dependencies"].append({"type": "marketplace", "value": value})


def _note(document: Document) -> None:
    add_node(document, "note", "", text="{half", theme="blue", author="", showAuthor=False)
    shell(document, "note")["type"] = "custom-note"


def _two_clocks(document: Document) -> None:
    for name in ("clock1", "clock2"):
        add_node(document, name, "trigger-schedule", mode="cron")


def _second_form(document: Document) -> None:
    add_node(document, "ask_too", "human-input", **form())
    add_edge(document, "line", "ask_too")


def _form_inside(document: Document) -> None:
    add_node(document, "ask_in", "human-input", "each", **form())
    add_edge(document, "shout", "ask_in")


def _many(document: Document, count: int, parent: str = "", after: str = "state") -> None:
    for number in range(count):
        add_node(document, f"n{number}", "template-transform", parent, template="x", variables=[])
        add_edge(document, after, f"n{number}")
        after = f"n{number}"


def _loop(document: Document) -> None:
    parts = {
        "loop_count": 100,
        "break_conditions": [],
        "logical_operator": "and",
        "start_node_id": "eachstart",
    }
    data(document, "each").update({"type": "loop", **parts})
    _many(document, 5, "each", "shout")


def _hyphened(document: Document) -> None:
    """A node whose id no text can refer to, in the edges too."""
    for one in _workflow(document)["graph"]["edges"]:
        for key in ("id", "source", "target"):
            one[key] = one[key].replace("split", "the-split")
    shell(document, "split")["id"] = "the-split"


BREAKERS: Mapping[str, tuple[Breaker, ...]] = {
    "schema": (
        lambda document: document.pop("app"),
        lambda document: document.update(version=0.6),
        put("start", "variables", 0, "type", value="text-in6put"),
        put("who", "cases", 0, "conditions", 0, "comparison_operator", value="<="),
        put("ask", "delivery_methods", 0, "id", value="webapp"),
        put("submit", "retry_config", value={"max_retry": 2}),
        lambda document: edge(document, "line", "ask").update(sourceHandle=None),
    ),
    "version": (lambda document: document.update(version="0.6.O"),),
    "dependency": (_depend("Ann/tools:0.1.0"), _depend("ann/tools:0.1.0@" + "a" * 64)),
    "variable-name": (
        lambda document: _variable(document).update(selector=["env", "POLICE"]),
        lambda document: _workflow(document)["environment_variables"].append(dict(_variable(document))),
    ),
    "secret-value": (lambda document: _variable(document).update(value_type="secret", value="hunter2"),),
    "secret-literal": (
        put("line", "template", value="sk-" + "a" * 24),
        lambda document: add_node(
            document,
            "call",
            "http-request",
            authorization={"type": "api-key", "config": {"type": "bearer", "api_key": "plain"}},
        ),
    ),
    "credential-id": (put("submit", "credential_id", value="7d2c"),),
    "node-id": (lambda document: _nodes(document).append(dict(shell(document, "line"))),),
    "node-id-form": (_hyphened,),
    "node-type": (put("line", "type", value="template-transfrom"),),
    "edge-id": (
        lambda document: edge(document, "line", "ask").update(id=edge(document, "start", "submit")["id"]),
        lambda document: add_edge(document, "line", "ask"),
    ),
    "edge-id-form": (lambda document: edge(document, "line", "ask").update(id="line-ask"),),
    "edge-end": (lambda document: edge(document, "line", "ask").update(target="asc"),),
    "edge-data": (
        lambda document: edge(document, "line", "ask")["data"].update(sourceType="code"),
        lambda document: edge(document, "line", "ask")["data"].update(isInLoop=True),
        lambda document: edge(document, "eachstart", "shout")["data"].update(iteration_id="eachK"),
    ),
    "note": (_note,),
    "root": (
        lambda document: _nodes(document).remove(shell(document, "start")),
        lambda document: add_node(document, "start2", "start", variables=[]),
        _two_clocks,
    ),
    "start-and-trigger": (lambda document: add_node(document, "clock", "trigger-schedule", mode="cron"),),
    "mode": (
        lambda document: add_node(document, "say", "answer", answer="Hello"),
        lambda document: document["app"].update(mode="advanced-chat"),
    ),
    "unreachable": (lambda document: remove_edge(document, "line", "ask"),),
    "cycle": (lambda document: add_edge(document, "state", "line"),),
    "dead-end": (lambda document: remove_edge(document, "state", "split"),),
    "branch-open": (
        lambda document: remove_edge(document, "who", "line"),
        lambda document: remove_edge(document, "ask", "state"),
        lambda document: remove_edge(document, "submit", "line"),
    ),
    "handle": (
        lambda document: edge(document, "submit", "who").update(sourceHandle="success-branch"),
        lambda document: edge(document, "who", "state").update(sourceHandle="dune"),
        lambda document: data(document, "submit").pop("error_strategy"),
    ),
    "selector": (
        second(recipients_spec=[{"type": "dynamic_email", "selector": ["line", "outptu"]}]),
        second(recipients_spec=[{"type": "dynamic_email", "selector": ["record", "state"]}]),
        second(message_template={"subject": "{{#lime.output#}}", "body": "{{#url#}}"}),
        put("line", "variables", 0, "value_selector", value=["start", "whar"]),
        put("line", "variables", 0, "value_selector", value=["stard", "what"]),
        put("line", "variables", 0, "value_selector", value=["start", "what", "part"]),
        put("line", "variables", 0, "value_selector", value=["record", "state"]),
        put("line", "variables", 0, "value_selector", value=["sys", "query"]),
        put("line", "variables", 0, "value_selector", value=["sys", "user"]),
        put("line", "variables", 0, "value_selector", value=["env", "POLICI"]),
        put("line", "variables", 0, "value_selector", value=["conversation", "topic"]),
        put("line", "variables", 0, "value_selector", value=["shout", "output"]),
        put("state", "variables", 0, value=["record", "stat"]),
        put("each", "iterator_selector", value=["split", "partz"]),
        put("ask", "form_content", value="{{#lime.output#}} {{#$output.comment#}}"),
    ),
    "template": (
        put("ask", "form_content", value="{{#line.output#} {{#$output.comment#}}"),
        put("submit", "tool_parameters", "request_id", "value", value="{{#sys.workflow-run-id#}}"),
    ),
    "jinja": (
        put("line", "template", value="{{ wath }}"),
        put("line", "template", value="{{ what | uper }}"),
        put("line", "template", value="{% if what %}{{ what | uper }}{% endif %}"),
        put("line", "template", value="{{ {'requst_id': what} | tojson }}"),
        put("line", "template", value="{{ what[:,3] }}"),
        put("line", "template", value="{{ what.repace('a', 'b') }}"),
    ),
    "code-attribute": (
        _python("state.uper()"),
        _python("json.dump_s(state)", "import json\n"),
        _python("datetime.utcnw()", "from datetime import datetime\n"),
    ),
    "code-slip": (
        _python("{}.get('pars') or state"),
        _python("[{'part': 1}['part'], state]"),
        _python("state", body="  sate = state.upper()\n"),
    ),
    "content-type": (
        _ask_elsewhere("json", "Content-Type:appliction/json"),
        _ask_elsewhere("form-data", "Accept:*/*\ncontent-type: application/json"),
    ),
    "code": (
        put("split", "code", value="def main(state) -> dict:\n  return {"),
        put("split", "code", value="def run(state): ..."),
        put(
            "split", "code", value="import json\n\ndef main(state):\n    return {'parts': jsom.loads(state)}"
        ),
        put("split", "code", value="def main(stat):\n    return {'parts': [stat]}"),
        put("split", "code", value="def main(state):\n    return {'part': [state]}"),
    ),
    "operand-type": (
        put("who", "cases", 0, "conditions", 0, "comparison_operator", value="≥"),
        put("who", "cases", 0, "conditions", 1, "comparison_operator", value="is"),
        put("who", "cases", 0, "conditions", 1, "value", value="many"),
        put("who", "cases", 0, "conditions", 1, "varType", value="string"),
    ),
    "operand-value": (
        put("who", "cases", 0, "conditions", 0, "value", value="close"),
        put("who", "cases", 0, "conditions", 0, value=condition(3, ["start", "kind"], "is", "acces")),
        put(
            "who",
            "cases",
            0,
            "conditions",
            0,
            value=condition(3, ["submit", "next_step"], "start with", "reviev"),
        ),
    ),
    "tool-provider": (
        put("submit", "provider_id", value="approvalkit/approvals/approvalz"),
        put("submit", "plugin_id", value="approvalkit/approval"),
    ),
    "tool-name": (put("submit", "tool_name", value="route_aproval"),),
    "tool-parameter": (put("submit", "tool_parameters", "actr", value={"type": "mixed", "value": "x"}),),
    "tool-required": (put("submit", "tool_parameters", "request_id", "value", value=""),),
    "tool-value": (
        put("submit", "tool_parameters", "event", "value", value="submitt"),
        put("submit", "tool_parameters", "event", value={"type": "variable", "value": ["start", "kind"]}),
        put("submit", "tool_parameters", "event", value={"type": "variable", "value": "submit"}),
        put("submit", "tool_parameters", "event", value={"type": "mixed", "value": 5}),
    ),
    "tool-outputs": (
        put("submit", "output_schema", value={"type": "object", "properties": {}}),
        put("submit", "output_schema", "type", value="array"),
    ),
    **TOOL_BREAKERS,
    "paths": (_wide(12),),
    "sandbox": (
        lambda document: data(document, "line").pop("error_strategy"),
        both(
            lambda document: remove_edge(document, "state", "split"),
            lambda document: ahead(document, "split"),
        ),
    ),
    **FORM_BREAKERS,
    "form-parallel": (_second_form,),
    "form-in-container": (_form_inside,),
    "start-field": (
        put("start", "variables", 1, "variable", value="what"),
        put("start", "variables", 1, "default", value="5'"),
        put("start", "variables", 2, "default", value="acess"),
        put("start", "variables", 2, "options", value=["access", "access"]),
    ),
    "output-name": (put("output", "outputs", 1, "variable", value="state"),),
    "output-name-typo": (
        put("output", "outputs", 0, "variable", value="requet_id"),
        both(
            put("output", "outputs", 0, "value_selector", value=["submit", "next_step"]),
            put("output", "outputs", 0, "variable", value="nextt_step"),
        ),
    ),
    "output-type": (put("output", "outputs", 0, "value_type", value="number"),),
    "container": (
        put("each", "start_node_id", value="eachstar"),
        lambda document: shell(document, "shout").update(parentId="line"),
        lambda document: add_edge(document, "shout", "output"),
    ),
    "steps": (_loop,),
    "steps-per-item": (lambda document: _many(document, 5, "each", "shout"),),
    "depth": (lambda document: _many(document, 60),),
}

# Only people who use a file put real addresses into it, so this is asked of nothing that is shipped.
DIFY_BREAKERS: Mapping[str, tuple[Breaker, ...]] = {
    "placeholder": (
        put(
            "ask", "delivery_methods", 1, "config", "recipients", "items", 0, "email", value="ann@example.com"
        ),
        put(
            "ask",
            "delivery_methods",
            1,
            "config",
            "recipients",
            "items",
            0,
            "email",
            value="Ann@mail.EXAMPLE.org",
        ),
        put("ask", "delivery_methods", 1, "config", "recipients", "items", 0, "email", value="ann@corp.test"),
        second(recipients_spec=[once("ann@our.invalid")]),
        analyzed("{version: 1, people: [{name: Ann, email: ann@example.net, levels: [manager]}]}"),
    )
}

# Sound changes: a finding here would be a false one.
HARMLESS: Mapping[str, Breaker] = {
    "a policy whose types the form offers": analyzed(POLICY),
    "a policy without types": analyzed("{version: 1, rules: []}"),
    "a policy that another tool makes": analyzed("", given={"type": "mixed", "value": "{{#start.what#}}"}),
    "a thousand paths": _wide(6),
    "a file of somebody else with a variable POLICY": lambda document: _variable(document).update(
        value="be kind"
    ),
    "the form as version 2 of its node": second(),
    "a form that writes to a person and to whoever asks": second(
        recipients_spec=[ADDRESS, once("ann@example.com"), {"type": "initiator"}]
    ),
    "an address from the environment": second(
        recipients_spec=[{"type": "dynamic_email", "selector": ["env", "POLICY"]}]
    ),
    "code that uses a library whose names nobody knows": _python(
        "pandas.frame(state).anything", "import pandas\n"
    ),
    "code that uses what Python has": _python(
        "json.dumps(re.sub('a', 'b', state).strip().split())", "import json\nimport re\n"
    ),
    "code that uses what Dify's own lines import": _python("json.dumps(b64decode(state).decode())"),
    "code with a name to throw away": _python("state", body="  _ = state.upper()\n"),
    "a number's default": put("start", "variables", 1, "default", value="5.50"),
    "another title": put("line", "title", value="Something else"),
    "a field that nobody reads": lambda document: data(document, "start")["variables"].append(field("extra")),
}
