# SPDX-License-Identifier: Apache-2.0
"""Node types without a model in the engine: triggers, knowledge, agents, documents, notes."""

from devkit.schema.words import (
    ANYTHING,
    COUNT,
    FILLED,
    FLAG,
    NUMBER,
    OBJECT,
    TEXT,
    TEXTS,
    Schema,
    listing,
    one_of,
    record,
    ref,
)

_JSON_TYPES = (
    "string",
    "number",
    "boolean",
    "object",
    "array[string]",
    "array[number]",
    "array[boolean]",
    "array[object]",
    "file",
    "array[file]",
)

_PARAMETER: Schema = record({"name": FILLED, "type": one_of(*_JSON_TYPES), "required": FLAG}, ["name"])

_WEBHOOK: Schema = record(
    {
        "method": one_of("get", "post", "put", "patch", "delete", "head", "GET", "POST", "PUT", "PATCH",
                         "DELETE", "HEAD"),
        "content_type": one_of(
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/plain",
            "application/octet-stream",
        ),
        "headers": listing(ref("WebhookParameter")),
        "params": listing(ref("WebhookParameter")),
        "body": listing(ref("WebhookParameter")),
        "async_mode": FLAG,
        "status_code": {"type": "integer", "minimum": 100, "maximum": 599},
        "response_body": TEXT,
        "timeout": {"type": "integer", "minimum": 1},
        "webhook_url": {"type": ["string", "null"]},
        "webhook_debug_url": {"type": ["string", "null"]},
        "variables": listing(ref("WebhookVariable")),
    }
)  # fmt: skip

_WEBHOOK_VARIABLE: Schema = record(
    {"variable": TEXT, "label": ANYTHING, "value_type": TEXT, "value_selector": TEXTS, "required": FLAG}
)

_SCHEDULE: Schema = record(
    {
        "mode": one_of("visual", "cron"),
        "frequency": {"enum": ["hourly", "daily", "weekly", "monthly", None]},
        "cron_expression": {"type": ["string", "null"]},
        "visual_config": {"anyOf": [ref("VisualSchedule"), {"type": "null"}]},
        "timezone": FILLED,
    }
)

_VISUAL: Schema = record(
    {
        "time": {"type": ["string", "null"], "pattern": "^(0?[1-9]|1[0-2]):[0-5][0-9] [AP]M$"},
        "weekdays": {
            "type": ["array", "null"],
            "items": one_of("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
        },
        "on_minute": {"type": ["integer", "null"], "minimum": 0, "maximum": 59},
        "monthly_days": {
            "type": ["array", "null"],
            "items": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 31}, {"const": "last"}]},
        },
    }
)

DIFY_NODES: dict[str, Schema] = {
    "WebhookVariable": _WEBHOOK_VARIABLE,
    "WebhookParameter": _PARAMETER,
    "VisualSchedule": _VISUAL,
    "node.trigger-webhook": _WEBHOOK,
    "node.trigger-schedule": _SCHEDULE,
    "node.trigger-plugin": record(
        {
            "plugin_id": FILLED,
            "provider_id": FILLED,
            "event_name": FILLED,
            "subscription_id": TEXT,
            "plugin_unique_identifier": TEXT,
            "event_parameters": OBJECT,
            "provider_type": TEXT,
            "provider_name": TEXT,
            "event_label": TEXT,
            "output_schema": OBJECT,
            "config": OBJECT,
        },
        ["provider_id", "event_name"],
    ),
    "node.knowledge-retrieval": record(
        {
            "dataset_ids": TEXTS,
            "query_variable_selector": {"type": ["array", "string", "null"], "items": TEXT},
            "query_attachment_selector": {"type": ["array", "null"], "items": TEXT},
            "retrieval_mode": one_of("single", "multiple"),
            "single_retrieval_config": {"type": ["object", "null"]},
            "multiple_retrieval_config": {"type": ["object", "null"]},
            "metadata_filtering_mode": one_of("disabled", "automatic", "manual"),
            "metadata_model_config": {"type": ["object", "null"]},
            "metadata_filtering_conditions": {"type": ["object", "null"]},
            "vision": OBJECT,
        },
        ["dataset_ids"],
    ),
    "node.agent": record(
        {
            "agent_strategy_provider_name": TEXT,
            "agent_strategy_name": TEXT,
            "agent_strategy_label": TEXT,
            "agent_parameters": OBJECT,
            "output_schema": {"type": ["object", "null"]},
            "plugin_unique_identifier": TEXT,
            "memory": {"type": ["object", "null"]},
            "tool_node_version": TEXT,
            "meta": OBJECT,
        },
    ),
    "node.document-extractor": record(
        {"variable_selector": TEXTS, "is_array_file": FLAG}, ["variable_selector"]
    ),
    "node.datasource": record({"plugin_id": TEXT, "provider_type": TEXT, "datasource_parameters": OBJECT}),
    "node.note": record(
        {
            "author": TEXT,
            "text": TEXT,
            "theme": one_of("blue", "cyan", "green", "yellow", "pink", "violet"),
            "showAuthor": FLAG,
            "width": NUMBER,
            "height": NUMBER,
        }
    ),
}

# What the canvas keeps in a node's data and the engine's models do not know, by definition.
CANVAS_KEYS: dict[str, dict[str, Schema]] = {
    "node.tool": {
        "plugin_id": TEXT,
        "tool_description": TEXT,
        "output_schema": {"type": ["object", "null"]},
        "is_team_authorization": FLAG,
        "paramSchemas": ANYTHING,
        "params": ANYTHING,
        "provider_icon": ANYTHING,
        "provider_icon_dark": ANYTHING,
        "credential_id": {"type": ["string", "null"]},
    },
    "Case": {"id": TEXT},
    "Condition": {"id": TEXT, "varType": TEXT, "numberVarType": TEXT},
    "SubVariableCondition": {"case_id": TEXT, "id": TEXT},
    "SubCondition": {"id": TEXT, "varType": TEXT},
    "VariableEntity": {"placeholder": TEXT, "hint": TEXT, "config": OBJECT, "unit": TEXT},
    "VariableSelector": {"value_type": TEXT},
    "VariableOperationItem": {"id": TEXT, "write_mode": TEXT},
    "Group": {"groupId": TEXT},
    "BodyData": {"id": TEXT},
    "LoopVariableData": {"id": TEXT},
    "LLMNodeChatModelMessage": {"id": TEXT},
    "node.llm": {"structured_output_enabled": FLAG, "variables": listing(OBJECT)},
    "node.http-request": {"variables": listing(ref("VariableSelector"))},
    "node.question-classifier": {"topics": TEXTS, "instructions": TEXT},
    "node.iteration": {
        "output_type": TEXT,
        "iterator_input_type": TEXT,
        "startNodeType": TEXT,
        "width": NUMBER,
        "height": NUMBER,
    },
    "node.loop": {
        "width": NUMBER,
        "height": NUMBER,
        "startNodeType": TEXT,
        "error_handle_mode": TEXT,
        "outputs": OBJECT,
    },
    "node.list-operator": {"var_type": TEXT, "item_var_type": TEXT},
    "node.answer": {"variables": listing(OBJECT)},
    "RetryConfig": {
        "max_retries": {"type": "integer", "minimum": 0, "maximum": 10},
        "retry_interval": {"type": "integer", "minimum": 0, "maximum": 5000},
    },
    "HttpRequestNodeTimeout": {
        "max_connect_timeout": COUNT,
        "max_read_timeout": COUNT,
        "max_write_timeout": COUNT,
    },
}
