# SPDX-License-Identifier: Apache-2.0
"""Lets tool nodes call the plugin as a real process, through the host that plays the plugin daemon."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devkit.engine.tools import ToolFailure, ToolResult
from devkit.host import PluginHost
from devkit.host.requests import ToolOptions


@dataclass(frozen=True, slots=True)
class PluginTools:
    """A ToolCaller that answers from a running plugin.

    Without `credentials`, those are used that the host's workspace has saved.
    """

    host: PluginHost
    credentials: Mapping[str, Any] | None = None

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        """One tool call over stdio. Raises ToolFailure with the plugin's error, or the host's when it died."""
        provider = provider_id.rpartition("/")[2]
        options = ToolOptions(provider=provider, app_id=app_id)
        if self.credentials is not None:
            options["credentials"] = self.credentials
        answer = self.host.invoke_tool(tool_name, parameters, **options)
        if answer.error is not None:
            raise ToolFailure(answer.error.message, answer.error.error_type)
        return ToolResult(answer.variables, answer.json, answer.text)
