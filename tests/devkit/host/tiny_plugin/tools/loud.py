# SPDX-License-Identifier: Apache-2.0
"""Writes to stdout what does not belong there, or more than the platform bears."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage


class LoudTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        if "line" in tool_parameters:
            print(tool_parameters["line"], flush=True)  # noqa: T201 - what a plugin must not do
        yield self.create_text_message("x" * tool_parameters.get("size", 0))
