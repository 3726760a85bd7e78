# SPDX-License-Identifier: Apache-2.0
"""The data of a Human Input node: version 1 of its format (Dify 1.13 to 1.20), and version 2 (Dify 1.20 and later)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devkit.bundle.canvas import stable_uuid
from devkit.bundle.nodes import Data, Selector, common

_STYLES = {"approve": "primary", "reject": "default", "return": "default", "escalate": "ghost"}
_EMPTY = {"type": "constant", "selector": [], "value": ""}
SHORTEST_FORM_HOURS = 48
LONGEST_FORM_HOURS = 144
"""Dify itself stops a run whose form is seven days old, without taking the timeout branch."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a person sees: a text with its fields, one text field each, and one button for each action.

    `hours` is how long it waits for an answer.
    """

    title: str
    desc: str
    content: str
    fields: Sequence[str]
    actions: Mapping[str, str]
    hours: int


@dataclass(frozen=True, slots=True)
class Mail:
    """How people hear of the form. The body must hold `{{#url#}}`."""

    addresses: Sequence[str]
    subject: str
    body: str


def human_input(node_id: str, form: Form, mail: Mail) -> Data:
    """Version 1, delivered by e-mail."""
    by_mail = {
        "id": stable_uuid(node_id, "email"),
        "type": "email",
        "enabled": True,
        "config": {
            "recipients": {
                "whole_workspace": False,
                "items": [{"type": "external", "email": address} for address in mail.addresses],
            },
            "subject": mail.subject,
            "body": mail.body,
            "debug_mode": False,
        },
    }
    return {
        **common("human-input", form.title, form.desc),
        "delivery_methods": [by_mail],
        **_shown(form),
    }


def human_input_v2(form: Form, subject: str, body: str, address: Selector) -> Data:
    """Version 2: the mail goes to the address that a variable holds."""
    message = {
        "version": "2",
        "recipients_spec": [{"type": "dynamic_email", "selector": [*address]}],
        "message_template": {"subject": subject, "body": body},
        "debug_mode": {"enabled": False, "channels": []},
    }
    data = common("human-input", form.title, form.desc)
    return {**data, **message, **_shown(form)}


def _shown(form: Form) -> dict[str, Any]:
    return {
        "form_content": form.content,
        "inputs": [
            {"type": "paragraph", "output_variable_name": name, "default": dict(_EMPTY)}
            for name in form.fields
        ],
        "user_actions": [
            {"id": action, "title": label, "button_style": _STYLES[action]}
            for action, label in form.actions.items()
        ],
        **_timeout(form.hours),
    }


def _timeout(hours: int) -> dict[str, Any]:
    days, rest = divmod(hours, 24)
    return {"timeout": hours, "timeout_unit": "hour"} if rest else {"timeout": days, "timeout_unit": "day"}
