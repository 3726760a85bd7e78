# SPDX-License-Identifier: Apache-2.0
"""Says what it was given, by every kind of message."""

import os
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage


class EchoTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        said = tool_parameters.get("say", "")
        yield self.create_variable_message("said", "not yet")
        yield self.create_variable_message("said", said)
        yield self.create_stream_variable_message("streamed", "one ")
        yield self.create_stream_variable_message("streamed", "two")
        yield self.create_variable_message("key", self.runtime.credentials.get("key", ""))
        yield self.create_variable_message("user_id", self.runtime.user_id)
        yield self.create_variable_message("app_id", self.session.app_id or "")
        yield self.create_variable_message("environment", dict(os.environ))
        yield self.create_json_message({"said": said})
        yield self.create_json_message({"again": said})
        yield self.create_log_message("heard", {"length": len(said)})
        yield self.create_text_message("you said ")
        yield self.create_text_message(said)
