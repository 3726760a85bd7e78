# SPDX-License-Identifier: Apache-2.0
"""One HTTP request from the SDK's words to its response: what is logged, and how errors leave.

A handler's errors become answers. The SDK would turn a `ValueError` into a 404 and any other exception into a 500 with
its text, so that none leaves from here.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from dify_plugin import Endpoint
from werkzeug import Request, Response

from approvals.dify.endpoints.own_tools import OwnTools
from approvals.dify.endpoints.requests import BODY_LIMIT, request_of, response_for
from approvals.dify.shutdown import calls
from approvals.errors import ApprovalError
from approvals.telemetry import call_scope, correlation_id_from, get_logger, redacting
from approvals.web.errors import HttpCode, HttpError, ToolsUnavailableError, response_of
from approvals.web.http import HttpRequest, HttpResponse
from approvals.web.settings import EndpointSettings
from approvals.web.tools import Handler

CORRELATION_HEADER: Final = "X-Correlation-Id"

_log = get_logger(__name__)


def answered(
    endpoint: Endpoint,
    given: Request,
    values: Mapping[str, Any],
    settings: Mapping[str, Any],
    handler: Handler,
) -> Response:
    """What `handler` answers to a request, or the error that it raised. Never raises.

    The caller's correlation id, or a new one where it is missing or no plain word, goes with the request everywhere.
    """
    started = time.monotonic()
    known = EndpointSettings.from_dify(settings)
    given_id = correlation_id_from(given.headers.get(CORRELATION_HEADER))
    with call_scope(handler.__name__, given_id) as correlation_id, redacting(known.secrets):
        tools = OwnTools(endpoint.session, correlation_id)
        answer = _answer(lambda: handler(_bounded(request_of(given, values)), known, tools))
        seconds = round(time.monotonic() - started, 3)
        _log.info("request ended", method=given.method, status=answer.status, seconds=seconds)
    headers = {**answer.headers, CORRELATION_HEADER: correlation_id}
    return response_for(
        HttpResponse(answer.status, headers, answer.body), without_body=given.method == "HEAD"
    )


def _answer(work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        with calls:
            return work()
    except (HttpError, ApprovalError) as error:
        return response_of(error)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        reference = secrets.token_hex(4)
        _log.exception("unexpected error", reference=reference)
        return response_of(
            ToolsUnavailableError(
                f"unexpected {type(error).__name__}; try again, and report reference {reference} with the plugin's log"
            )
        )


def _bounded(request: HttpRequest) -> HttpRequest:
    """The request, unless its body is so long that Dify may have cut it. Raises `body_too_large`."""
    if len(request.body) >= BODY_LIMIT:
        raise HttpError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HttpCode.BODY_TOO_LARGE,
            f"the body has {BODY_LIMIT:,} bytes or more, which Dify cuts; send less, and link to what is long",
        )
    return request
