# SPDX-License-Identifier: Apache-2.0
"""The tool `analyze_approval`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answering, messages
from approvals.dify.calls import analyze_order, service_for
from approvals.dify.outputs import analyze_text, analyze_variables


class AnalyzeApprovalTool(Tool):
    """Stores a request, has the model read it, and answers with risk, level and cost."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        with answering(self, "analyze_approval"):
            order = analyze_order(tool_parameters)
            variables = analyze_variables(service_for(self).analyze(order))
            yield from messages(self, variables, analyze_text)
