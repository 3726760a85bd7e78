# SPDX-License-Identifier: Apache-2.0
"""The recipients of a form. Without any, version 2 of the node fails; version 1 waits for its timeout all the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphon.entities.base_node_data import BaseNodeData
from graphon.runtime.runtime_state_protocol import ReadOnlyVariablePool
from graphon.variables.segments import StringSegment
from graphon.variables.template_resolution import convert_template

URL = "{{#url#}}"


class DeliveryError(Exception):
    """A form of version 2 that cannot be sent, in Dify's words where it has some."""


def recipients_of(data: BaseNodeData, pool: ReadOnlyVariablePool) -> tuple[str, ...]:
    """The addresses, contacts and audiences that a form goes to. Raises DeliveryError as version 2 does."""
    if data.version != "2":
        return tuple(_first_version(data))
    if data.get("message_template")["body"].count(URL) != 1:
        raise DeliveryError("Message body must contain exactly one Request URL")
    if convert_template(pool, data.get("message_template")["body"]).text.count(URL) != 1:
        raise DeliveryError("Resolved message body must retain exactly one Request URL")
    found = tuple(name for one in data.get("recipients_spec") if (name := _name(one, pool)))
    if not found:
        raise DeliveryError("No one can approve this step.")
    return tuple(dict.fromkeys(found))


def _first_version(data: BaseNodeData) -> Iterator[str]:
    for method in data.get("delivery_methods", ()):
        if not method.get("enabled", True):
            continue
        if method["type"] == "webapp":
            yield "webapp"
        yield from email_recipients(method.get("config", {}))


def email_recipients(config: Mapping[str, Any]) -> Iterator[str]:
    """To whom an email delivery of version 1 goes; `workspace` stands for all its members."""
    recipients = config.get("recipients", {})
    if recipients.get("whole_workspace", recipients.get("include_bound_group")):
        yield "workspace"
    for one in recipients.get("items", ()):
        yield one.get("email") or one.get("reference_id") or one["user_id"]


def _name(recipient: Mapping[str, Any], pool: ReadOnlyVariablePool) -> str:
    """Empty for an address that is missing, blank or no text: Dify leaves such a one out."""
    match recipient["type"]:
        case "dynamic_email":
            value = pool.get(recipient["selector"])
            address = value.value.strip() if isinstance(value, StringSegment) else ""
            return address if "@" in address else ""
        case "onetime_email":
            return str(recipient["email"])
        case "contact":
            return str(recipient["contact_id"])
        case audience:
            return str(audience)
