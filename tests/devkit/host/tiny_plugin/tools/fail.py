# SPDX-License-Identifier: Apache-2.0
"""Answers half and fails."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage
from dify_plugin.errors.model import InvokeRateLimitError


class FailTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        yield self.create_variable_message("half", "done")
        if tool_parameters.get("how") == "rate":
            raise InvokeRateLimitError("slow down")
        raise LookupError("nothing there")
