# SPDX-License-Identifier: Apache-2.0
"""Sends one message and says whether it arrived."""

import ssl
from functools import cache
from typing import Final, NamedTuple, Protocol

import httpx

from approvals.clock import Clock
from approvals.domain.notices import Notice
from approvals.environment import proxy_for
from approvals.llm import Deadline
from approvals.llm.transport import DEADLINE, LaneTransport
from approvals.notifications.formats import Target, message_of, refused_in
from approvals.notifications.public_addresses import may_be_public

REST_SECONDS: Final = 30.0
"""After a failure, decisions do not wait for another attempt for so long; the sweep goes on."""
_ANSWER_BYTES: Final = 64 * 1024
_USER_AGENT: Final = "dify-approvals"


class Outcome(NamedTuple):
    """`reason` says why a message did not arrive, and names neither the address nor the answer's text."""

    delivered: bool
    reason: str = ""


class Sender(Protocol):
    """Tells a notice to whoever listens."""

    @property
    def resting(self) -> bool:
        """True for a while after an attempt failed: nobody who waits for an answer should wait for another."""
        ...

    def send(self, notice: Notice, deadline: Deadline) -> Outcome:
        """Send it once. Never raises, and takes no longer than the deadline."""
        ...


class WebhookSender:
    """Posts notices to one address. Redirects are not followed, and an answer is read up to 64 KB."""

    def __init__(self, target: Target, clock: Clock, transport: httpx.BaseTransport) -> None:
        self.target = target
        self._clock = clock
        self._transport = transport
        self._rests_until = float("-inf")

    @property
    def resting(self) -> bool:
        return self._clock.monotonic() < self._rests_until

    def send(self, notice: Notice, deadline: Deadline) -> Outcome:
        outcome = self._sent(notice, deadline)
        self._rests_until = float("-inf") if outcome.delivered else self._clock.monotonic() + REST_SECONDS
        return outcome

    def _sent(self, notice: Notice, deadline: Deadline) -> Outcome:
        message = message_of(notice, self.target, self._clock.now())
        headers = {**message.headers, "User-Agent": _USER_AGENT, "Accept-Encoding": "identity"}
        request = httpx.Request("POST", message.url, headers=headers, content=message.body)
        request.extensions = {DEADLINE: deadline}
        try:
            response = self._transport.handle_request(request)
            try:
                body = _bounded(response)
            finally:
                response.close()
        except httpx.HTTPError as error:
            return Outcome(
                delivered=False, reason=f"{message.url.host}: {str(error) or type(error).__name__}"
            )
        reason = (
            refused_in(self.target.kind, body)
            if response.is_success
            else f"it answered {response.status_code}"
        )
        return Outcome(delivered=not reason, reason=reason and f"{message.url.host}: {reason}")

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()


def transport_to(target: Target, clock: Clock, *, allow_private: bool) -> LaneTransport:
    """Connections to where notices go: to public addresses alone unless `allow_private`."""
    allowed = None if allow_private else may_be_public
    return LaneTransport(clock, context=_tls(), proxy=proxy_for(target.url), is_public=allowed)


@cache
def _tls() -> ssl.SSLContext:
    """TLS 1.2 at least: not every chat service speaks 1.3."""
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _bounded(response: httpx.Response) -> bytes:
    """The answer's beginning; nothing of one that is packed though we asked for plain bytes."""
    if response.headers.get("content-encoding"):
        return b""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > _ANSWER_BYTES:
            break
        parts.append(part)
    return b"".join(parts)
