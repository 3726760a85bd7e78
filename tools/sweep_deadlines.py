# SPDX-License-Identifier: Apache-2.0
"""The tool `sweep_deadlines`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answered
from approvals.dify.orders import sweep_limit
from approvals.dify.outputs import Answer
from approvals.dify.outputs.sweeping import SWEEP, sweep_answer
from approvals.dify.services import links_for, service_for


class SweepDeadlinesTool(Tool):
    """Escalates or expires what nobody decided in time."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        def work() -> Answer:
            limit = sweep_limit(tool_parameters)
            return sweep_answer(service_for(self).sweep(limit), links_for(self))

        yield from answered(self, SWEEP, work, tool_parameters)
