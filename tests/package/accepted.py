# SPDX-License-Identifier: Apache-2.0
"""What Dify accepts in a plugin's YAML files, and finds wrong only after the installation.

The packager and the SDK let more pass than the daemon and the API do; these are the strictest of the four.
"""

import re

LANGUAGES = ("en_US", "zh_Hans", "ja_JP", "pt_BR")
TEXT_LIMIT = 1_023  # characters of a label or description in the manifest

AUTHOR = re.compile(r"[a-z0-9_-]{1,64}")
PLUGIN_NAME = re.compile(r"[a-z0-9_-]{1,128}")
PROVIDER_NAME = re.compile(r"[a-zA-Z0-9_-]+")
VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){2}(-\w{1,16})?")
PATH_LIMIT = 128  # characters of a path or an icon's name

PLUGIN_KINDS = {"tools", "models", "endpoints", "agent_strategies", "datasources", "triggers"}
EXCLUSIVE_KINDS = {"models", "agent_strategies", "datasources", "triggers"}  # each goes with nothing else
PERMISSIONS = {"tool", "model", "node", "endpoint", "app", "storage"}
STORAGE_BYTES = range(1_024, 1_073_741_824 + 1)
META_VERSIONS = {"0.0.1", "0.0.2"}
ARCHITECTURES = {"amd64", "arm64"}

TAGS = {
    *("search", "image", "videos", "weather", "finance", "design", "travel", "social", "news", "medical"),
    *("productivity", "education", "business", "entertainment", "utilities", "rag", "other"),
}  # those of a provider; the manifest may also say agent and trigger

ENDPOINT_METHODS = {"HEAD", "GET", "POST", "PUT", "DELETE", "OPTIONS"}

CREDENTIAL_TYPES = {
    *("secret-input", "text-input", "select", "boolean", "model-selector", "app-selector", "array[tools]"),
}
CREDENTIALS_LIMIT = 64

PARAMETER_TYPES = {
    *("string", "number", "boolean", "select", "secret-input", "file", "files", "app-selector"),
    *("model-selector", "any", "dynamic-select", "array", "object", "checkbox"),
}  # the SDK knows dates too, the API does not
PARAMETER_FORMS = {"schema", "form", "llm"}
PARAMETER_KEYS = {
    *("name", "label", "human_description", "llm_description", "type", "form", "required", "default"),
    *("min", "max", "precision", "options", "multiple", "scope", "placeholder", "auto_generate", "template"),
}

OUTPUT_TYPES = {"string", "number", "integer", "boolean", "object", "array"}
RESERVED_OUTPUTS = {"json", "text", "files"}  # a variable of such a name fails the node
