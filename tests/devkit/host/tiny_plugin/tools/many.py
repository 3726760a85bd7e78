# SPDX-License-Identifier: Apache-2.0
"""Emits as many variables as asked for."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage


class ManyTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        for number in range(tool_parameters["count"]):
            yield self.create_variable_message(f"v{number}", tool_parameters.get("value", "x"))
