# SPDX-License-Identifier: Apache-2.0
"""The HTTP server in front of the gateway: loopback only, one thread for each connection."""

from collections.abc import Mapping
from threading import Thread
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from devkit.host import PluginHost
from devkit.serve.gateway import PREFIX, Gateway

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.05


class EndpointServer:
    """Serves a running plugin's endpoints until it is closed. `port` 0 takes a free one."""

    def __init__(self, host: PluginHost, settings: Mapping[str, Any], port: int = 0) -> None:
        """Raises `OSError` when the port is taken."""
        self._server = make_server(
            LOOPBACK, port, Gateway(host, settings), threaded=True, request_handler=_Handler
        )
        self._thread = Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="endpoint-server", daemon=True
        )

    @property
    def url(self) -> str:
        """The endpoint's address, as Dify shows it: without a slash at its end."""
        return f"http://{LOOPBACK}:{self._server.server_port}{PREFIX}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(WSGIRequestHandler):
    """Connections stay open between requests; nothing is printed, since addresses and links are secrets."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        """Nobody reads it."""
