# SPDX-License-Identifier: Apache-2.0
"""The tool `analyze_approval`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answered
from approvals.dify.orders import analyze_order
from approvals.dify.outputs import Answer
from approvals.dify.outputs.analysis import ANALYSIS, analysis_answer
from approvals.dify.services import service_for


class AnalyzeApprovalTool(Tool):
    """Stores a request, has the model read it, and answers with risk, level and cost."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        def work() -> Answer:
            return analysis_answer(service_for(self).analyze(analyze_order(tool_parameters)))

        yield from answered(self, ANALYSIS, work, tool_parameters)
