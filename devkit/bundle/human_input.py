# SPDX-License-Identifier: Apache-2.0
"""The data of a Human Input node, version 1 of its format (Dify 1.13 to 1.20)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devkit.bundle.canvas import stable_uuid

_STYLES = {"approve": "primary", "reject": "default", "escalate": "ghost"}
TIMEOUT_DAYS = 2  # Dify itself stops a run whose form is seven days old, without taking the timeout branch


@dataclass(frozen=True, slots=True)
class Mail:
    """How a person hears of the form. The body must hold `{{#url#}}`."""

    address: str
    subject: str
    body: str


def human_input(  # noqa: PLR0913 - the parts of the node
    node_id: str,
    title: str,
    desc: str,
    *,
    content: str,
    fields: Sequence[str],
    actions: Mapping[str, str],
    mail: Mail,
    web_app: bool = True,
) -> dict[str, Any]:
    """A form with one text field for each name in `fields`, and one button for each action.

    `web_app` shows it to whoever started the run too; a run that a trigger started has nobody to show it to.
    """
    shown_in_app = {"id": stable_uuid(node_id, "webapp"), "type": "webapp", "enabled": True, "config": {}}
    return {
        "type": "human-input",
        "title": title,
        "desc": desc,
        "selected": False,
        "delivery_methods": [
            *([shown_in_app] if web_app else []),
            {
                "id": stable_uuid(node_id, "email"),
                "type": "email",
                "enabled": True,
                "config": {
                    "recipients": {
                        "whole_workspace": False,
                        "items": [{"type": "external", "email": mail.address}],
                    },
                    "subject": mail.subject,
                    "body": mail.body,
                    "debug_mode": False,
                },
            },
        ],
        "form_content": content,
        "inputs": [
            {
                "type": "paragraph",
                "output_variable_name": name,
                "default": {"type": "constant", "selector": [], "value": ""},
            }
            for name in fields
        ],
        "user_actions": [
            {"id": action, "title": label, "button_style": _STYLES[action]}
            for action, label in actions.items()
        ],
        "timeout": TIMEOUT_DAYS,
        "timeout_unit": "day",
    }
