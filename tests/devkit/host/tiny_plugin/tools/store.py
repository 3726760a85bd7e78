# SPDX-License-Identifier: Apache-2.0
"""Runs a list of storage operations and reports the outcome of each."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage


class StoreTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        outcomes = [self._run(*step) for step in tool_parameters["steps"]]
        yield self.create_variable_message("outcomes", outcomes)

    def _run(self, operation: str, key: str, value: str = "") -> object:
        storage = self.session.storage
        try:
            match operation:
                case "set":
                    return storage.set(key, value.encode())
                case "get":
                    return storage.get(key).decode()
                case "exist":
                    return storage.exist(key)
                case "delete":
                    return storage.delete(key)
                case _:
                    return self.session.app.fetch_app(key)
        except Exception as error:  # noqa: BLE001 - the SDK raises nothing more exact
            return f"refused: {error}"
