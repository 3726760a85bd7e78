# SPDX-License-Identifier: Apache-2.0
"""Answers after a while, or takes its process along."""

import os
import time
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage


class SlowTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        yield self.create_variable_message("started", "yes")
        if tool_parameters.get("die"):
            os._exit(7)
        time.sleep(tool_parameters.get("seconds", 30))
        yield self.create_text_message("done")
