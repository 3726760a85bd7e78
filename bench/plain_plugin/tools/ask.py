# SPDX-License-Identifier: Apache-2.0
"""Asks the model about a request, with the article's pool, and gives back what the model says."""

import json
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
        body = {
            "model": given["model"],
            "messages": [
                {"role": "system", "content": tool_parameters["system"]},
                {"role": "user", "content": tool_parameters["content"]},
            ],
            "max_tokens": 500,
            "temperature": 0,
            "response_format": json.loads(tool_parameters["response_format"]),
        }
        response = CLIENT.post(
            f"{given['base_url']}/chat/completions",
            json=body,
            headers={"Authorization": f"Bearer {given['api_key']}"},
        )
        response.raise_for_status()
        reply = response.json()["choices"][0]["message"]["content"]
        yield self.create_variable_message("reply", reply)
        yield self.create_text_message(reply)
