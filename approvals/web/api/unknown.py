# SPDX-License-Identifier: Apache-2.0
"""What is answered where no route is."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from approvals.web.errors import HttpCode, HttpError
from approvals.web.http import HttpRequest, HttpResponse
from approvals.web.settings import EndpointSettings
from approvals.web.tools import Tools

ROUTES: Final[Sequence[tuple[str, tuple[str, ...]]]] = (
    ("/v1/approvals/analyze", ("POST",)),
    ("/v1/approvals/<request_id>/events", ("POST",)),
    ("/v1/approvals/<request_id>", ("GET",)),
    ("/health", ("GET",)),
    ("/metrics", ("GET",)),
    ("/desk", ("GET", "POST")),
    ("/desk/<request_id>", ("GET", "POST")),
    ("/d/<token>", ("GET", "POST")),
)
"""Paths with their methods, the narrower first."""


def unknown(request: HttpRequest, settings: EndpointSettings, tools: Tools) -> HttpResponse:
    """404, or 405 with `Allow` where the path has other methods."""
    for path, methods in ROUTES:
        if re.fullmatch(re.sub(r"<[a-z_]+>", "[^/]+", path), request.path):
            raise HttpError(
                HTTPStatus.METHOD_NOT_ALLOWED,
                HttpCode.METHOD_NOT_ALLOWED,
                f"{path} takes {' and '.join(methods)}",
                {"Allow": ", ".join(methods)},
            )
    raise HttpError(HTTPStatus.NOT_FOUND, HttpCode.NOT_FOUND, "there is nothing at this path")
