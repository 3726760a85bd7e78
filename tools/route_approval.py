# SPDX-License-Identifier: Apache-2.0
"""The tool `route_approval`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answering, messages
from approvals.dify.calls import route_order, service_for
from approvals.dify.outputs import route_text, route_variables


class RouteApprovalTool(Tool):
    """Carries out one event on a request and answers with where it now stands."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        with answering(self, "route_approval"):
            request_id, decision, policy = route_order(tool_parameters)
            result = service_for(self).route(request_id, decision, policy)
            variables = route_variables(request_id, result)
            yield from messages(self, variables, route_text)
