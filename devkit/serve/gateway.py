# SPDX-License-Identifier: Apache-2.0
"""A WSGI application that turns HTTP requests into endpoint frames, as the daemon does, and the answers back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from devkit.host import HostResponse, PluginHost
from devkit.host.raw_http import BODY_LIMIT, HOOK_ID

PREFIX: Final = f"/e/{HOOK_ID}"
METHODS: Final = ("HEAD", "GET", "POST", "PUT", "DELETE", "OPTIONS")
"""What the daemon has routes for."""
_PLAIN: Final = "/$&+,:;=@~!"  # what Go leaves as it is when it writes a path


class Gateway:
    """Passes requests below `/e/<hook id>` on to the plugin.

    `settings` are those of the endpoint, which Dify decrypts for each call.
    """

    def __init__(self, host: PluginHost, settings: Mapping[str, Any]) -> None:
        self._host = host
        self._settings = settings

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """One request, as WSGI has it."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(PREFIX)
        if request.method not in METHODS or not request.path.startswith(f"{PREFIX}/"):
            return _fault(404, "PluginDaemonNotFoundError", "endpoint not found")
        query = request.query_string.decode("latin-1")
        target = quote(path, safe=_PLAIN) + (f"?{query}" if query else "")
        answer = self._host.invoke_endpoint(
            request.method, target, dict(request.headers), _cut(request), self._settings
        )
        if answer.error is not None:
            return _fault(500, "PluginDaemonInternalServerError", str(answer.error))
        return _response(answer)


def _cut(request: Request) -> bytes:
    """The body as far as the daemon reads it."""
    return request.stream.read(BODY_LIMIT)


def _response(answer: HostResponse) -> Response:
    """Each header once, as the daemon sets them; the length is the server's business."""
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    response = Response(answer.body, status=answer.status)
    response.headers = Headers(headers)
    return response


def _fault(status: int, kind: str, message: str) -> Response:
    """What the daemon itself answers."""
    body = {"code": -status, "message": json.dumps({"message": message, "error_type": kind}), "data": None}
    return Response(json.dumps(body), status=status, mimetype="application/json")
