# SPDX-License-Identifier: Apache-2.0
"""The tool `route_approval`: parse, call the use case, answer."""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.answering import answered
from approvals.dify.inner_calls import decision_of
from approvals.dify.orders import named_request, route_order
from approvals.dify.outputs import Answer
from approvals.dify.outputs.routing import ROUTE, route_answer
from approvals.dify.services import links_for, service_for
from approvals.errors import ApprovalError


class RouteApprovalTool(Tool):
    """Carries out one event on a request and answers with where it now stands."""

    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        def work() -> Answer:
            service = service_for(self)
            try:
                order = route_order(tool_parameters)
            except ApprovalError as error:
                request_id = named_request(tool_parameters)
                if not request_id:
                    raise
                return route_answer(request_id, service.misstated(request_id, error), None, links_for(self))
            decision, message_id = decision_of(self.session, tool_parameters, order.decision)
            result = service.route(order.request_id, decision, message_id)
            return route_answer(order.request_id, result, order.language, links_for(self))

        yield from answered(self, ROUTE, work, tool_parameters)
