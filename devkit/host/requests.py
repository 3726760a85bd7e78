# SPDX-License-Identifier: Apache-2.0
"""The `data` of each request that the platform sends to a plugin."""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from devkit.host.calls import Workspace
from devkit.host.raw_http import raw_request

DEFAULT_PROVIDER = "approvals"
DEFAULT_USER = "user"


class ToolOptions(TypedDict, total=False):
    """How a tool is called, all of it optional.

    `provider` is the provider's name in its YAML. Without `credentials` the workspace's saved ones are sent.
    `workspace` is another one than the host's. `on_message` sees each message on arrival, in the reading
    thread.
    """

    provider: str
    credentials: Mapping[str, Any]
    app_id: str | None
    user_id: str
    workspace: Workspace
    on_message: Callable[[dict[str, Any]], None]


def tool_data(
    tool: str, parameters: Mapping[str, Any], workspace: Workspace, options: ToolOptions
) -> dict[str, Any]:
    """Invoke a tool."""
    return {
        "type": "tool",
        "action": "invoke_tool",
        "user_id": options.get("user_id", DEFAULT_USER),
        "provider": options.get("provider", DEFAULT_PROVIDER),
        "tool": tool,
        "credentials": options.get("credentials", workspace.credentials or {}),
        "credential_type": "api-key",
        "tool_parameters": parameters,
    }


def validation_data(provider: str, credentials: Mapping[str, Any]) -> dict[str, Any]:
    """Validate a provider's credentials."""
    return {
        "type": "tool",
        "action": "validate_tool_credentials",
        "user_id": DEFAULT_USER,
        "provider": provider,
        "credentials": credentials,
    }


def endpoint_data(
    method: str, path: str, headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Invoke an endpoint. The platform knows no user here."""
    return {
        "type": "endpoint",
        "action": "invoke_endpoint",
        "user_id": "",
        "raw_http_request": raw_request(method, path, headers, body).hex(),
        "settings": settings,
    }
