# SPDX-License-Identifier: Apache-2.0
"""A lane: one connection to the endpoint, used by one call at a time."""

import ssl
from collections.abc import Iterator
from typing import Final

from approvals.llm.deadline import Deadline
from approvals.llm.endpoint import Endpoint
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.http1 import Conversation
from approvals.llm.http1_head import Head, Headers, HttpError
from approvals.llm.transport.proxies import Proxy
from approvals.llm.transport.wire import StepLimits, Wire

_OPENED: Final = range(200, 300)


class Lane:
    """Opened when it is first used, straight or through a proxy."""

    def __init__(
        self, endpoint: Endpoint, context: ssl.SSLContext, limits: StepLimits, proxy: Proxy | None
    ) -> None:
        self.wire = Wire(limits)
        self.exchanges = 0
        self.idle_since = 0.0
        self.is_sound = False
        """The last exchange came to its end and left nothing behind, so that another one may follow."""
        self._endpoint = endpoint
        self._context = context
        self._proxy = proxy
        self._conversation = Conversation(self.wire)

    def post(self, headers: Headers, body: bytes, deadline: Deadline) -> Head:
        """Send a request; what comes back is the head of the reply, whose body `chunks` reads.

        Raises what `Conversation` raises.
        """
        self.is_sound = False
        self.wire.begin(deadline)
        if not self.wire.is_open:
            self._open(deadline)
        if self._proxy is not None and not self._endpoint.is_secure:
            return self._conversation.ask(
                "POST", str(self._endpoint), [*headers, *self._proxy.authorization], body
            )
        return self._conversation.ask("POST", self._endpoint.path, headers, body)

    def chunks(self) -> Iterator[bytes]:
        """The body of the reply, piece by piece, to its end. Raises what `Conversation` raises."""
        yield from self._conversation.chunks()
        self.exchanges += 1
        self.is_sound = self._conversation.is_over()

    def is_stale(self) -> bool:
        """While idle: the endpoint has closed the connection, or said something that nobody asked."""
        return self.wire.has_news()

    def close(self) -> None:
        """Close the connection, if there is one."""
        self.wire.close()

    def _open(self, deadline: Deadline) -> None:
        endpoint, proxy = self._endpoint, self._proxy
        if proxy is None:
            self.wire.connect(endpoint.host, endpoint.port)
        else:
            self.wire.connect(proxy.host, proxy.port)
            if proxy.is_secure:
                self.wire.secure(self._context, proxy.host)
            if endpoint.is_secure:
                self._dig_through(proxy)
                self.wire.begin(deadline)  # nothing has been said to the endpoint yet
        if endpoint.is_secure:
            self.wire.secure(self._context, endpoint.host)

    def _dig_through(self, proxy: Proxy) -> None:
        """Have the proxy connect us to the endpoint (RFC 9110 9.3.6)."""
        beyond = self._endpoint.authority_with_port
        headers = [(b"Host", beyond.encode()), *proxy.authorization]
        try:
            status = Conversation(self.wire).ask("CONNECT", beyond, headers).status
        except (OSError, HttpError):
            raise self._no_way(proxy, "did not answer as a proxy does") from None
        if status not in _OPENED:
            raise self._no_way(proxy, f"answered {status}")

    def _no_way(self, proxy: Proxy, what: str) -> CallFailure:
        return CallFailure(
            FailureKind.CONNECT,
            f"The proxy {proxy.host}:{proxy.port} {what} when asked for {self._endpoint.authority_with_port}. "
            "Check HTTPS_PROXY and NO_PROXY where the plugin runs.",
        )
