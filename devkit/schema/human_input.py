# SPDX-License-Identifier: Apache-2.0
"""The Human Input node. Dify checks its data on import, so both schemas hold it to the same shape.

Version 1 is Dify 1.13 to 1.20 (no `version`, or "1"); version 2 is what Dify 1.20 adds.
"""

from devkit.schema.words import (
    ANYTHING,
    COUNT,
    EMAIL,
    FILLED,
    FLAG,
    OBJECT,
    TEXT,
    TEXTS,
    UUID,
    WORDS,
    Schema,
    listing,
    one_of,
    record,
    ref,
    when,
)

MAX_ACTION_ID = 20  # characters; Dify stores the decision in a column of that width
MAX_ACTION_TITLE = 100
FIELD_TYPES = ("paragraph", "select", "file", "file-list")  # Dify 1.13 and 1.14 know paragraph alone
IM_CHANNELS = ("email", "feishu", "slack", "ding_talk", "ms_teams", "we_com", "lark")

_ACTION: Schema = record(
    {
        "id": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": MAX_ACTION_ID},
        "title": {"type": "string", "minLength": 1, "maxLength": MAX_ACTION_TITLE},
        "button_style": one_of("primary", "default", "accent", "ghost"),
    },
    ["id", "title"],
)

_DEFAULT: Schema = record(
    {"type": one_of("constant", "variable"), "selector": TEXTS, "value": ANYTHING}, ["type"]
)

_OPTIONS: Schema = record(
    {"type": one_of("constant", "variable"), "selector": TEXTS, "value": TEXTS}, ["type"]
)

_FIELD: Schema = {
    **record(
        {
            "type": one_of(*FIELD_TYPES),
            "output_variable_name": FILLED,
            "default": ref("HumanInputDefault"),
            "option_source": ref("HumanInputOptions"),
            "allowed_file_types": TEXTS,
            "allowed_file_extensions": TEXTS,
            "allowed_file_upload_methods": TEXTS,
            "number_limits": COUNT,
        },
        ["type", "output_variable_name"],
    ),
    "allOf": [when("type", "select", {"required": ["option_source"]})],
}

_RECIPIENT: Schema = {
    **record(
        {"type": one_of("member", "external"), "email": EMAIL, "reference_id": TEXT, "user_id": TEXT},
        ["type"],
        closed=True,
    ),
    "allOf": [when("type", "external", {"required": ["email"]})],
}

_RECIPIENTS: Schema = record(
    {"whole_workspace": FLAG, "include_bound_group": FLAG, "items": listing(ref("HumanInputRecipient"))},
    closed=True,
)

_MAIL: Schema = record(
    {
        "recipients": ref("HumanInputRecipients"),
        "subject": FILLED,
        "body": {"type": "string", "minLength": 1},
        "debug_mode": FLAG,
    },
    ["recipients", "subject", "body"],
)

_DELIVERY: Schema = {
    **record({"id": UUID, "type": one_of("webapp", "email"), "enabled": FLAG, "config": OBJECT}, ["type"]),
    "allOf": [
        when("type", "email", {"required": ["config"], "properties": {"config": ref("HumanInputMail")}}),
        when("type", "webapp", {"properties": {"config": {"maxProperties": 0}}}),
    ],
}

_FORM: dict[str, Schema] = {
    "form_content": TEXT,
    "inputs": listing(ref("HumanInputField")),
    "user_actions": listing(ref("HumanInputAction")),
    "timeout": {"type": "integer", "minimum": 1},
    "timeout_unit": one_of("hour", "day"),
}

_RECIPIENT_2: Schema = {
    **record(
        {
            "type": one_of(
                "contact", "dynamic_email", "onetime_email", "initiator", "all_workspace_contacts"
            ),
            "contact_id": FILLED,
            "selector": listing(FILLED, minItems=1),
            "email": EMAIL,
        },
        ["type"],
    ),
    "allOf": [
        when("type", "contact", {"required": ["contact_id"]}),
        when("type", "dynamic_email", {"required": ["selector"]}),
        when("type", "onetime_email", {"required": ["email"]}),
    ],
}

HUMAN_INPUT: dict[str, Schema] = {
    "HumanInputAction": _ACTION,
    "HumanInputDefault": _DEFAULT,
    "HumanInputOptions": _OPTIONS,
    "HumanInputField": _FIELD,
    "HumanInputRecipient": _RECIPIENT,
    "HumanInputRecipients": _RECIPIENTS,
    "HumanInputMail": _MAIL,
    "HumanInputDelivery": _DELIVERY,
    "HumanInputRecipient2": _RECIPIENT_2,
    "HumanInputMessage": record({"subject": WORDS, "body": WORDS}, ["subject", "body"]),
    "HumanInputDebug": record({"enabled": FLAG, "channels": listing(one_of(*IM_CHANNELS))}, ["channels"]),
    "node.human-input": record({**_FORM, "delivery_methods": listing(ref("HumanInputDelivery"))}),
    "node.human-input-2": record(
        {
            **_FORM,
            "recipients_spec": listing(ref("HumanInputRecipient2")),
            "message_template": ref("HumanInputMessage"),
            "debug_mode": ref("HumanInputDebug"),
        },
        ["recipients_spec", "message_template", "debug_mode"],
    ),
}
