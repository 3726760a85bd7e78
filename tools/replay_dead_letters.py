# SPDX-License-Identifier: Apache-2.0
"""The tool `replay_dead_letters`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answering, messages
from approvals.dify.calls import replay_order, service_for
from approvals.dify.outputs import replay_text, replay_variables


class ReplayDeadLettersTool(Tool):
    """Tries analyses again that could not be made."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        with answering(self, "replay_dead_letters"):
            limit, request_id = replay_order(tool_parameters)
            variables = replay_variables(service_for(self).replay(limit, request_id))
            yield from messages(self, variables, replay_text)
