# SPDX-License-Identifier: Apache-2.0
"""The bearer token of the API."""

import hmac
from http import HTTPStatus

from approvals.web.errors import HttpCode, HttpError
from approvals.web.http import HttpRequest
from approvals.web.settings import EndpointSettings


def is_token(settings: EndpointSettings, given: str) -> bool:
    """True when `given` is the `api_token`, in a time that tells nothing of it. False where none is set."""
    token = settings.api_token.get_secret_value()
    return bool(token) and hmac.compare_digest(given.encode(errors="replace"), token.encode())


def require_token(request: HttpRequest, settings: EndpointSettings) -> None:
    """Raises `unauthenticated` unless the request brings `Authorization: Bearer <api_token>`."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not is_token(settings, given.strip()):
        raise HttpError(
            HTTPStatus.UNAUTHORIZED,
            HttpCode.UNAUTHENTICATED,
            "the bearer token is missing or not the api_token of this endpoint's settings; "
            "send Authorization: Bearer <api_token>",
            {"WWW-Authenticate": "Bearer"},
        )
