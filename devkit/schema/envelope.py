# SPDX-License-Identifier: Apache-2.0
"""The parts of a Dify app file around the graph: the app, its dependencies, variables and features."""

from devkit.schema.words import (
    ANYTHING,
    COUNT,
    FILLED,
    FLAG,
    OBJECT,
    TEXT,
    TEXTS,
    UUID,
    VARIABLE,
    Schema,
    listing,
    one_of,
    record,
    ref,
    when,
)

WORKFLOW_MODES = ("workflow", "advanced-chat")
OTHER_MODES = ("chat", "agent-chat", "completion", "agent")
CONVERSATION_TYPES = ("string", "number", "integer", "float", "boolean", "object", "array[string]",
                      "array[number]", "array[object]", "array[boolean]", "array[any]", "array[file]",
                      "file", "secret")  # fmt: skip
BUNDLE_VERSIONS = ("0.6.0", "0.7.0")  # Dify 1.13 and later, 1.16 and later
# author/name:version@sha256, as the plugin daemon reads it.
IDENTIFIER = (
    "^(?:([a-z0-9_-]{1,64})/)?([a-z0-9_-]{1,255}):"
    "([0-9]{1,4})(\\.[0-9]{1,4}){1,3}(-\\w{1,16})?(@[a-f0-9]{32,64})?$"
)

# Dify takes a version that is missing or empty for 0.1.0, and refuses any other that is not a text.
_NO_VERSION: Schema = {"enum": [None, False, 0, "", [], {}]}

_UPLOAD_METHODS = listing(one_of("local_file", "remote_url"))
_FILE_TYPES = listing(one_of("image", "document", "audio", "video", "custom"))
_SWITCH: Schema = record({"enabled": FLAG})

_DEPENDENCY: Schema = {
    **record(
        {
            "type": one_of("marketplace", "github", "package"),
            "value": OBJECT,
            "current_identifier": {"type": ["string", "null"]},
        },
        ["type", "value"],
    ),
    "allOf": [
        when("type", kind, {"properties": {"value": ref(f"Dependency.{kind}")}})
        for kind in ("marketplace", "github", "package")
    ],
}

_FEATURES: Schema = record(
    {
        "file_upload": ref("FileUpload"),
        "opening_statement": {"type": ["string", "null"]},
        "retriever_resource": ref("Switch"),
        "sensitive_word_avoidance": record({"enabled": FLAG, "type": TEXT, "config": OBJECT}),
        "speech_to_text": ref("Switch"),
        "suggested_questions": TEXTS,
        "suggested_questions_after_answer": record({"enabled": FLAG, "model": ANYTHING, "prompt": TEXT}),
        "text_to_speech": record({"enabled": FLAG, "language": TEXT, "voice": TEXT, "autoPlay": TEXT}),
    }
)

_FILE_UPLOAD: Schema = record(
    {
        "enabled": FLAG,
        "allowed_file_extensions": TEXTS,
        "allowed_file_types": _FILE_TYPES,
        "allowed_file_upload_methods": _UPLOAD_METHODS,
        "number_limits": COUNT,
        "image": record({"enabled": FLAG, "number_limits": COUNT, "transfer_methods": _UPLOAD_METHODS}),
        "fileUploadConfig": OBJECT,
    }
)

_APP: Schema = record(
    {
        "name": TEXT,
        "description": {"type": ["string", "null"]},
        "mode": one_of(*WORKFLOW_MODES, *OTHER_MODES),
        "icon": {"type": ["string", "null"]},
        "icon_type": ANYTHING,  # Dify takes what it does not know for an emoji
        "icon_background": {"type": ["string", "null"]},
        "use_icon_as_answer_icon": FLAG,
        "max_active_requests": {"type": ["integer", "null"]},
    },
    ["mode"],
)

_VARIABLE: dict[str, Schema] = {
    "id": TEXT,
    "name": FILLED,
    "value": ANYTHING,
    "description": TEXT,
    "selector": TEXTS,
}

ENVELOPE: dict[str, Schema] = {
    "App": _APP,
    "Dependency.marketplace": record(
        {"marketplace_plugin_unique_identifier": FILLED, "version": {"type": ["string", "null"]}},
        ["marketplace_plugin_unique_identifier"],
    ),
    "Dependency.github": record(
        {"repo": FILLED, "version": FILLED, "package": FILLED, "github_plugin_unique_identifier": FILLED},
        ["repo", "version", "package", "github_plugin_unique_identifier"],
    ),
    "Dependency.package": record(
        {"plugin_unique_identifier": FILLED, "version": {"type": ["string", "null"]}},
        ["plugin_unique_identifier"],
    ),
    "PluginDependency": _DEPENDENCY,
    "Switch": _SWITCH,
    "FileUpload": _FILE_UPLOAD,
    "Features": _FEATURES,
    "EnvironmentVariable": record(
        {**_VARIABLE, "value_type": one_of("string", "number", "integer", "float", "secret")},
        ["name", "value", "value_type"],
    ),
    "ConversationVariable": record(
        {**_VARIABLE, "value_type": one_of(*CONVERSATION_TYPES)}, ["name", "value", "value_type"]
    ),
    "Workflow": record(
        {
            "environment_variables": listing(ref("EnvironmentVariable")),
            "conversation_variables": listing(ref("ConversationVariable")),
            "rag_pipeline_variables": listing(OBJECT),
            "features": ref("Features"),
            "graph": ref("Graph"),
        },
        ["graph"],
    ),
    "File": {
        **record(
            {
                "version": ANYTHING,
                "kind": ANYTHING,  # Dify reads every file as an app
                "app": ref("App"),
                "dependencies": {"type": ["array", "null"], "items": ref("PluginDependency")},
                "workflow": OBJECT,
                "model_config": OBJECT,
            },
            ["app"],
        ),
        "allOf": [
            {
                "if": {"required": ["version"], "properties": {"version": {"not": _NO_VERSION}}},
                "then": {"properties": {"version": TEXT}},
            },
            {
                "if": {
                    "required": ["app"],
                    "properties": {
                        "app": {"required": ["mode"], "properties": {"mode": one_of(*WORKFLOW_MODES)}}
                    },
                },
                "then": {"required": ["workflow"], "properties": {"workflow": ref("Workflow")}},
            },
        ],
    },
}

# What the strict schema asks on top: what Dify's own export always has, in the only spelling that works.
STRICT: dict[str, Schema] = {
    "File": {
        "required": ["version", "kind", "dependencies", "workflow"],
        "properties": {"version": one_of(*BUNDLE_VERSIONS), "kind": {"const": "app"}},
    },
    "App": {
        "required": [
            "name",
            "description",
            "icon",
            "icon_type",
            "icon_background",
            "use_icon_as_answer_icon",
        ],
        "properties": {
            "name": FILLED,
            "description": FILLED,
            "mode": one_of(*WORKFLOW_MODES),
            "icon_type": {"const": "emoji"},
            "icon": {"type": "string", "pattern": "^[^\\x00-\\x7f]{1,8}$"},
            "icon_background": {"type": "string", "pattern": "^#[0-9A-F]{6}$"},
        },
    },
    "Workflow": {"required": ["environment_variables", "conversation_variables", "features"]},
    "EnvironmentVariable": {
        "required": ["id", "description", "selector"],
        "properties": {"id": UUID, "name": VARIABLE, "description": FILLED},
    },
    "ConversationVariable": {
        "required": ["id", "description", "selector"],
        "properties": {"id": UUID, "name": VARIABLE, "description": {"type": "string", "maxLength": 255}},
    },
    "Dependency.marketplace": {
        "properties": {"marketplace_plugin_unique_identifier": {"pattern": IDENTIFIER}}
    },
    "Dependency.github": {"properties": {"github_plugin_unique_identifier": {"pattern": IDENTIFIER}}},
    "Dependency.package": {"properties": {"plugin_unique_identifier": {"pattern": IDENTIFIER}}},
}
