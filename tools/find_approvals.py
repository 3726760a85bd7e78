# SPDX-License-Identifier: Apache-2.0
"""The tool `find_approvals`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import Answer, answered
from approvals.dify.calls import find_order, service_for
from approvals.dify.outputs.finding import FIND, find_answer


class FindApprovalsTool(Tool):
    """Finds requests, newest first, and verifies their ledgers when asked."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        def work() -> Answer:
            order = find_order(tool_parameters)
            return find_answer(order, service_for(self).find(order))

        yield from answered(self, FIND, work)
