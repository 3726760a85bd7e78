# SPDX-License-Identifier: Apache-2.0
"""The tool `replay_dead_letters`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answered
from approvals.dify.orders import replay_order
from approvals.dify.outputs import Answer
from approvals.dify.outputs.replaying import REPLAY, replay_answer
from approvals.dify.services import service_for


class ReplayDeadLettersTool(Tool):
    """Tries analyses again that could not be made."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        def work() -> Answer:
            limit, request_id = replay_order(tool_parameters)
            return replay_answer(service_for(self).replay(limit, request_id))

        yield from answered(self, REPLAY, work, tool_parameters)
