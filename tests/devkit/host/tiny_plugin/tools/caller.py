# SPDX-License-Identifier: Apache-2.0
"""Calls a tool through the platform and says what came back."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage


class CallerTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        yield from self.session.tool.invoke_builtin_tool(
            tool_parameters["provider"], tool_parameters["tool"], tool_parameters["parameters"]
        )
