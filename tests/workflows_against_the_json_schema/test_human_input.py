# SPDX-License-Identifier: Apache-2.0
"""What one key of a form asks of another, which no single keyword says."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.workflows_against_the_json_schema.examples import read_schemas

SCHEMAS = read_schemas()
FORM: dict[str, Any] = {
    "type": "human-input",
    "title": "Ask",
    "form_content": "{{#$output.comment#}}",
    "inputs": [{"type": "paragraph", "output_variable_name": "comment"}],
    "user_actions": [{"id": "approve", "title": "Approve", "button_style": "primary"}],
    "timeout": 2,
    "timeout_unit": "day",
}
MESSAGE = {"subject": "Please decide", "body": "Here: {{#url#}}"}
FORM_2: dict[str, Any] = {
    **FORM,
    "version": "2",
    "recipients_spec": [{"type": "initiator"}],
    "message_template": MESSAGE,
    "debug_mode": {"enabled": False, "channels": []},
}
WEB_APP = {"id": "00000000-0000-4000-8000-000000000001", "type": "webapp", "enabled": True, "config": {}}

by_strength = pytest.mark.parametrize("strength", SCHEMAS)


def taken(strength: str, data: dict[str, Any]) -> bool:
    root = SCHEMAS[strength]
    return bool(Draft202012Validator({"$defs": root["$defs"], "$ref": "#/$defs/NodeData"}).is_valid(data))


@by_strength
@pytest.mark.parametrize(
    "recipient",
    [
        {"type": "dynamic_email", "selector": ["submit", "approver_email"]},
        {"type": "onetime_email", "email": "ann@example.com"},
        {"type": "initiator"},
    ],
    ids=lambda recipient: recipient["type"],
)
def test_a_form_of_version_2_is_taken(strength: str, recipient: dict[str, Any]) -> None:
    assert taken(strength, {**FORM_2, "recipients_spec": [recipient]})


@by_strength
@pytest.mark.parametrize(
    "recipient",
    [
        {"type": "dynamic_email"},
        {"type": "dynamic_email", "selector": []},
        {"type": "dynamic_email", "selector": ["submit", ""]},
        {"type": "dynamic_email", "selector": "submit.approver_email"},
        {"type": "onetime_email"},
        {"type": "onetime_email", "email": "Ann"},
        {"type": "contact"},
        {"type": "contact", "contact_id": ""},
        {"type": "email", "email": "ann@example.com"},
        {"email": "ann@example.com"},
    ],
    ids=str,
)
def test_a_recipient_that_leads_to_nobody_is_refused(strength: str, recipient: dict[str, Any]) -> None:
    assert not taken(strength, {**FORM_2, "recipients_spec": [recipient]})


@pytest.mark.parametrize(
    "recipient", [{"type": "contact", "contact_id": "c-1"}, {"type": "all_workspace_contacts"}], ids=str
)
def test_the_contacts_of_one_workspace_are_not_shipped(recipient: dict[str, Any]) -> None:
    data = {**FORM_2, "recipients_spec": [recipient]}
    assert (taken("dify", data), taken("bundle", data)) == (True, False)


@by_strength
@pytest.mark.parametrize(
    "change",
    [
        {"message_template": {**MESSAGE, "subject": " "}},
        {"message_template": {**MESSAGE, "body": "\n"}},
        {"message_template": {"subject": "Please decide"}},
        {"debug_mode": {"enabled": True, "channels": ["pigeon"]}},
        {"debug_mode": {"enabled": True}},
        {"debug_mode": None},
        {"recipients_spec": None},
        {"timeout": 0},
        {"timeout_unit": "week"},
        {"user_actions": [{"id": "1st", "title": "Approve"}]},
        {"user_actions": [{"id": "a" * 21, "title": "Approve"}]},
    ],
    ids=str,
)
def test_a_form_of_version_2_that_dify_would_not_open_is_refused(
    strength: str, change: dict[str, Any]
) -> None:
    assert not taken(strength, {**FORM_2, **change})


@pytest.mark.parametrize("key", ["recipients_spec", "message_template", "debug_mode"])
@by_strength
def test_version_2_needs_what_version_1_does_not_know(strength: str, key: str) -> None:
    assert not taken(strength, {name: value for name, value in FORM_2.items() if name != key})


@pytest.mark.parametrize(
    "more", [{"delivery_methods": [WEB_APP]}, {"recpients_spec": [{"type": "initiator"}]}], ids=str
)
def test_a_key_that_version_2_forbids_is_not_shipped(more: dict[str, Any]) -> None:
    assert not taken("bundle", {**FORM_2, **more})


@by_strength
def test_without_a_version_a_form_is_of_the_first(strength: str) -> None:
    assert taken(strength, {**FORM, "delivery_methods": [WEB_APP]})
    assert taken(strength, {**FORM, "version": "1", "delivery_methods": [WEB_APP]})
    assert not taken(strength, {**FORM, "delivery_methods": [{**WEB_APP, "id": "webapp"}]})
    assert not taken(strength, {**FORM, "delivery_methods": [{**WEB_APP, "config": {"recipients": {}}}]})
