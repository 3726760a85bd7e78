# SPDX-License-Identifier: Apache-2.0
"""The tool `analyze_batch`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answering
from approvals.dify.batch_outputs import batch_messages
from approvals.dify.calls import batch_order, service_for


class AnalyzeBatchTool(Tool):
    """Stores many requests, has the model read several in one call, and answers with each analysis and the figures."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        with answering(self, "analyze_batch"):
            order = batch_order(tool_parameters)
            yield from batch_messages(self, order.total, service_for(self).analyze_batch(order))
