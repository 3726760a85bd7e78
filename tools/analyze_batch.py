# SPDX-License-Identifier: Apache-2.0
"""The tool `analyze_batch`: parse, call the use case, answer."""

from collections.abc import Generator, Iterator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import streamed
from approvals.dify.orders import batch_order
from approvals.dify.outputs import Answer
from approvals.dify.outputs.batch import BATCH, batch_steps
from approvals.dify.services import service_for


class AnalyzeBatchTool(Tool):
    """Stores many requests, has the model read several in one call, and answers with each analysis and the figures."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        def work() -> Iterator[Answer | ToolInvokeMessage]:
            order = batch_order(tool_parameters)
            return batch_steps(self.create_log_message, order.total, service_for(self).analyze_batch(order))

        yield from streamed(self, BATCH, work, tool_parameters)
