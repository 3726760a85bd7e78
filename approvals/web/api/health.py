# SPDX-License-Identifier: Apache-2.0
"""`GET /health` and `GET /metrics`: how the plugin is in this workspace, for monitors."""

from http import HTTPStatus
from typing import Final

from approvals.web.api.analyze import answer_of_tool
from approvals.web.api.token import require_token
from approvals.web.http import API_HEADERS, HttpRequest, HttpResponse, json_response
from approvals.web.settings import EndpointSettings
from approvals.web.tools import Tools

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def health(request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
    """200 while requests can be stored, also without a model (`degraded`); 503 while they cannot (`down`)."""
    require_token(request, settings)
    answer = tools.call("find_approvals", {"report": "health"})
    if "health" not in answer:
        return answer_of_tool(answer)
    down = answer["health"].get("status") == "down"
    return json_response(HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK, answer["health"])


def metrics(request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
    """200 with Prometheus's text format."""
    require_token(request, settings)
    answer = tools.call("find_approvals", {"report": "metrics"})
    if "metrics" not in answer:
        return answer_of_tool(answer)
    headers = {**API_HEADERS, "Content-Type": METRICS_TYPE}
    return HttpResponse(HTTPStatus.OK, headers, str(answer["metrics"]).encode())
