# SPDX-License-Identifier: Apache-2.0
"""`POST /v1/approvals/<request_id>/events`: an event of another system, signed as Standard Webhooks describes."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from approvals.domain.terms import HowKnown
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.web.api.analyze import answer_of_tool
from approvals.web.api.record import request_id_in
from approvals.web.api.signature import require_signature
from approvals.web.errors import HttpCode, HttpError
from approvals.web.http import HttpRequest, HttpResponse
from approvals.web.settings import EndpointSettings
from approvals.web.tools import Tools

PARAMETERS: Final = (
    "event", "actor", "actor_level", "comment", "expected_version", "content_digest", "if_refused", "language",
)  # fmt: skip
_ENVELOPE: Final = frozenset({"type", "timestamp", "data"})


def events(request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
    """200 with what `route_approval` answers. The ledger says that the actor is known by `api`.

    A message whose id came before is refused with 409, so that a copy of it does nothing; a sender that repeats one of
    its own, because it saw no answer, knows by it that the first arrived.
    """
    message_id = require_signature(request, settings)
    request_id = request_id_in(request)
    event = event_in(request.json_object(), request_id)
    answer = tools.call("route_approval", {"request_id": request_id, **event}, HowKnown.API, message_id)
    if answer.get("replayed"):
        raise HttpError(
            HTTPStatus.CONFLICT,
            HttpCode.REPLAYED_EVENT,
            f"the message with the webhook-id {shown(message_id)} came before, and nothing was done again; "
            f"request {request_id!r} is '{answer.get('state')}'",
        )
    return answer_of_tool(answer)


def event_in(body: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    """The parameters of `route_approval` in a body, plain or in the envelope that Standard Webhooks recommends.

    In the envelope they stand in `data`, and `type` may name the event, as in `approval.approve`. A `request_id` in the
    body must be the one in the path. Raises `bad_parameter`.
    """
    given = dict(body)
    if isinstance(body.get("data"), Mapping):
        outside = sorted(set(body) - _ENVELOPE)
        given = dict(body["data"])
        given.setdefault("event", str(body.get("type", "")).rpartition(".")[2])
    else:
        outside = []
    named = given.pop("request_id", request_id)
    if named != request_id:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"the body is about request {shown(named)}, but it was sent to {request_id!r}",
        )
    for name, value in given.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
            raise ApprovalError(ErrorCode.BAD_PARAMETER, f"{name} must be text; found {shown(value)}")
    unknown = [*outside, *sorted(set(given) - set(PARAMETERS))]
    if unknown:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"{shown(unknown[0])} is no field of an event; known are {', '.join(PARAMETERS)}",
        )
    return given
