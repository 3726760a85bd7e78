# SPDX-License-Identifier: Apache-2.0
"""Sends what it is given to the model, with the article's pool, and gives back what the model says."""

from collections.abc import Generator
from typing import Any

import httpx
from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

CLIENT = httpx.Client(limits=httpx.Limits(max_connections=100, max_keepalive_connections=20), timeout=60)


class AskTool(Tool):
    """One call, one variable, one text."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        given = self.runtime.credentials
        response = CLIENT.post(
            f"{given['base_url']}/chat/completions",
            content=tool_parameters["payload"],
            headers={"Authorization": f"Bearer {given['api_key']}", "Content-Type": "application/json"},
        )
        response.raise_for_status()
        reply = response.json()["choices"][0]["message"]["content"]
        yield self.create_variable_message("reply", reply)
        yield self.create_text_message(reply)
