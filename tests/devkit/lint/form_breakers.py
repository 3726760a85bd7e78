# SPDX-License-Identifier: Apache-2.0
"""Ways to break the form of the sound workflow, in either version of its node, that a rule must find."""

from collections.abc import Mapping
from typing import Any

from tests.devkit.lint.flows import Breaker, Document, both, data, put

ADDRESS = {"type": "dynamic_email", "selector": ["line", "output"]}


def once(email: str) -> dict[str, str]:
    return {"type": "onetime_email", "email": email}


def second(**changes: Any) -> Breaker:
    """The form as version 2 of the node, in a file that says so, changed as asked."""

    def breaker(document: Document) -> None:
        ask = data(document, "ask")
        del ask["delivery_methods"]
        message = {"subject": "Please decide", "body": "{{#line.output#}} Decide here: {{#url#}}"}
        debug = {"enabled": False, "channels": []}
        newer = {"recipients_spec": [ADDRESS], "message_template": message, "debug_mode": debug}
        ask.update(version="2", **{**newer, **changes})
        document["version"] = "0.7.0"

    return breaker


FORM_BREAKERS: Mapping[str, tuple[Breaker, ...]] = {
    "form-delivery": (
        both(*(put("ask", "delivery_methods", number, "enabled", value=False) for number in (0, 1))),
        lambda document: data(document, "ask")["delivery_methods"][1].update(
            id=data(document, "ask")["delivery_methods"][0]["id"]
        ),
        put("ask", "version", value="2"),
        second(recipients_spec=[]),
        second(recipients_spec=[ADDRESS, ADDRESS]),
        second(recipients_spec=[once("ann@example.com"), once("Ann@example.com")]),
        second(debug_mode={"enabled": True, "channels": []}),
    ),
    "form-address-type": (
        second(recipients_spec=[{"type": "dynamic_email", "selector": ["start", "amount"]}]),
    ),
    "form-version": (
        both(second(), lambda document: document.update(version="0.6.0")),
        both(second(), lambda document: document.update(version="0.6.1")),
    ),
    "form-address": (
        second(message_template={"subject": "Decide", "body": "Decide here: {{url}}"}),
        second(message_template={"subject": "Decide", "body": "{{#url#}} or {{#url#}}"}),
        put("ask", "delivery_methods", 1, "config", "body", value="Decide at {{url}}"),
    ),
    "form-actions": (
        second(user_actions=[]),
        put("ask", "user_actions", value=[]),
        put("ask", "user_actions", 1, "id", value="approve"),
    ),
    "form-fields": (
        second(form_content="{{#$output.comment#}} {{#$output.comment#}}"),
        put("ask", "form_content", value="{{#$output.coment#}}"),
        lambda document: data(document, "ask")["inputs"].append(dict(data(document, "ask")["inputs"][0])),
    ),
    "form-field-type": (put("ask", "inputs", 0, "type", value="text_input"),),
    "form-timeout": (second(timeout=7), put("ask", "timeout", value=7), put("ask", "timeout", value=10**9)),
}
