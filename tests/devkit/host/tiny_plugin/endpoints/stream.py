# SPDX-License-Identifier: Apache-2.0
"""Sends its body in pieces."""

from collections.abc import Generator, Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response


class StreamEndpoint(Endpoint):
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        def pieces() -> Generator[str, None, None]:
            yield "one "
            yield "two"

        return Response(pieces(), headers={"Content-Type": "text/event-stream"})
