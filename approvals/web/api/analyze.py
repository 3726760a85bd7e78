# SPDX-License-Identifier: Apache-2.0
"""`POST /v1/approvals/analyze`: stores a request, has it read, and answers what `analyze_approval` answers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.text.json_text import json_text
from approvals.web.api.token import require_token
from approvals.web.errors import error_response, status_of
from approvals.web.http import HttpRequest, HttpResponse, json_response
from approvals.web.settings import EndpointSettings
from approvals.web.tools import Tools

PARAMETERS: Final = (
    "request_id", "revision_of", "request_type", "amount", "currency", "requester", "vendor", "document_number",
    "document_date", "cost_center", "priority", "deadline_hours", "policy", "model", "language", "idempotency_key",
)  # fmt: skip
"""Parameters of the tool besides `content` and `context`. Each may stand in the body, or in its `context`."""
NUMBERS: Final = frozenset({"amount", "priority", "deadline_hours", "document_number", "cost_center"})
"""Of these, those that may be numbers."""


def analyze(request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
    """200 with an analysis, also where a person has to decide without one (`status` is then `manual_review`)."""
    require_token(request, settings)
    answer = tools.call("analyze_approval", parameters_in(request.json_object()))
    return answer_of_tool(answer)


def parameters_in(body: Mapping[str, Any]) -> dict[str, Any]:
    """The tool's parameters in a body. What stands in `context` under the name of a parameter is that parameter.

    Everything else in `context` stays the context of the request. Raises `bad_parameter`.
    """
    context = body.get("context", {})
    if context is None:
        context = {}
    if not isinstance(context, Mapping):
        raise ApprovalError(ErrorCode.BAD_PARAMETER, f"context must be a JSON object; found {shown(context)}")
    unknown = sorted(set(body) - {"content", "context", *PARAMETERS})
    if unknown:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"{shown(unknown[0])} is no field of the body; put what else is known of the request into context",
        )
    given = {name: body[name] for name in ("content", *PARAMETERS) if _is_there(body.get(name))}
    rest = dict(context)
    for name in PARAMETERS:
        inside = rest.pop(name, None)
        if not _is_there(inside):
            continue
        if given.setdefault(name, inside) != inside:
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"{name} is {shown(given[name])} beside content and {shown(inside)} in context; keep one of them",
            )
    if rest:
        given["context"] = rest
    return {name: _text(name, value) for name, value in given.items()}


def _is_there(value: object) -> bool:
    """False for what an HTTP client writes where it has nothing."""
    return value is not None and value != ""


def _text(name: str, value: object) -> str:
    """A value as the tool takes it. Raises `bad_parameter` for a kind of value that the field does not have."""
    if isinstance(value, str):
        return value
    if name in {"context", "policy"}:
        allowed, kind = isinstance(value, Mapping), "text or an object"
    elif name in NUMBERS:
        allowed, kind = isinstance(value, int | float) and not isinstance(value, bool), "text or a number"
    else:
        allowed, kind = False, "text"
    if not allowed:
        raise ApprovalError(ErrorCode.BAD_PARAMETER, f"{name} must be {kind}; found {shown(value)}")
    return json_text(value)


def answer_of_tool(answer: Mapping[str, Any]) -> HttpResponse:
    """What a tool answered: its variables, or its refusal as an error with the status of its code."""
    if answer.get("status") in {"ok", "manual_review"}:
        return json_response(HTTPStatus.OK, answer)
    code, message = str(answer.get("error_code", "")), str(answer.get("error_message", ""))
    return error_response(status_of(code), code, message)
