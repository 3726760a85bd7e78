# SPDX-License-Identifier: Apache-2.0
"""`GET /v1/approvals/<request_id>`: one request with its ledger."""

import re
from http import HTTPStatus
from typing import Final

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.web.api.analyze import answer_of_tool
from approvals.web.api.token import require_token
from approvals.web.http import HttpRequest, HttpResponse, json_response
from approvals.web.settings import EndpointSettings
from approvals.web.tools import Tools

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")


def record(request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
    """200 with where the request stands, its brief, its record and its ledger, which was verified for this answer."""
    require_token(request, settings)
    request_id = request_id_in(request)
    answer = tools.call("find_approvals", {"request_id": request_id, "verify_ledger": "true"})
    if answer.get("status") != "ok":
        return answer_of_tool(answer)
    found = dict(answer["approvals"][0])
    ledger = found.pop("history", [])
    standing = {name: answer[name] for name in ("next_step", "brief", "signatures_left") if name in answer}
    return json_response(HTTPStatus.OK, {**found, **standing, "ledger": ledger})


def request_id_in(request: HttpRequest) -> str:
    """The id in the path. Raises `not_found` for what can be no id."""
    given = request.values.get("request_id", "")
    if not REQUEST_ID.fullmatch(given):
        raise ApprovalError(
            ErrorCode.NOT_FOUND,
            f"no request has the id {shown(given)}: ids begin with a letter or digit and hold letters, digits "
            "and . _ : @ - (128 at most)",
        )
    return given
