# SPDX-License-Identifier: Apache-2.0
"""The tool `find_approvals`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answered
from approvals.dify.orders import find_order
from approvals.dify.outputs import Answer
from approvals.dify.outputs.finding import FIND, find_answer
from approvals.dify.reports import report_answer, report_asked
from approvals.dify.services import links_for, service_for


class FindApprovalsTool(Tool):
    """Finds requests, newest first, and verifies their ledgers when asked."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        def work() -> Answer:
            report = report_asked(tool_parameters)
            if report is not None:
                return report_answer(self, report)
            order = find_order(tool_parameters)
            return find_answer(order, service_for(self).find(order), links_for(self))

        yield from answered(self, FIND, work, tool_parameters)
