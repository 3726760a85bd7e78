# SPDX-License-Identifier: Apache-2.0
"""httpx's exceptions to the failures they mean, with what to do about each."""

import re
import socket
import ssl
from typing import Final

import httpx

from approvals.llm.deadline import Deadline
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.transport import MalformedReplyError, ReplyTooLargeError, StaleConnectionError
from approvals.llm.transport.opening import port_of
from approvals.telemetry import redact

_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
)
_UNREADABLE: Final = "The reply of {peer} cannot be read ({said}). Check base_url."
_SENT: Final[tuple[tuple[type[httpx.HTTPError], FailureKind, str], ...]] = (
    (httpx.TimeoutException, FailureKind.TIMEOUT, "{peer} {said}. Try again later."),
    (ReplyTooLargeError, FailureKind.REPLY_TOO_LARGE, "{peer} sent {said}. Check base_url and the model."),
    (MalformedReplyError, FailureKind.REPLY_MALFORMED, _UNREADABLE),
    (httpx.DecodingError, FailureKind.REPLY_MALFORMED, _UNREADABLE),
    (httpx.HTTPError, FailureKind.CONNECTION_LOST, "{peer} {said}. Try again later."),
)
"""What is true of a request that was sent; the first class that fits counts."""
_TLS_REASONS: Final = {
    r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL": (
        "{host} does not offer TLS 1.3, and nothing older is accepted. Use an endpoint or a proxy that does."
    ),
    r"WRONG_VERSION_NUMBER|HTTP_REQUEST": "{host} does not speak TLS on this port. Check the port in base_url.",
    r"CERTIFICATE_REQUIRED": (
        "{host} asks for a client certificate, which the plugin does not have. Use an endpoint that takes a "
        "key alone, or a gateway of your own that holds the certificate."
    ),
    r"": "The TLS handshake with {host} failed ({reason}). Check base_url.",
}
"""OpenSSL's reasons for a failed handshake, as patterns; the first that is found counts."""


class NotSentFailure(CallFailure):
    """A failure before anything was sent: the endpoint did not work for us."""


class StaleConnectionFailure(CallFailure):
    """A kept connection was found closed when it was used. The endpoint had, nearly always, hung up before."""


def failure_of(error: httpx.HTTPError, url: httpx.URL, deadline: Deadline) -> CallFailure:
    """The failure that `error` of a transport means."""
    peer = url.netloc.decode("ascii") if url.port else f"{url.host}:{port_of(url)}"
    said = redact(str(error)) or type(error).__name__
    not_sent = isinstance(error, _NOT_SENT)
    if isinstance(error, httpx.TimeoutException) and deadline.expired:
        how_far = "could be reached" if not_sent else "answered in full"
        return (NotSentFailure if not_sent else CallFailure)(
            FailureKind.DEADLINE,
            f"The deadline of {deadline.seconds:g} s passed before {peer} {how_far}. "
            "Try again, or raise deadline_seconds.",
        )
    if not_sent:
        return NotSentFailure(*_not_sent(error, peer, url.host, said))
    kind, sentence = next(
        (kind, sentence) for error_class, kind, sentence in _SENT if isinstance(error, error_class)
    )
    stale = isinstance(error, StaleConnectionError)
    return (StaleConnectionFailure if stale else CallFailure)(kind, sentence.format(peer=peer, said=said))


def _not_sent(error: httpx.HTTPError, peer: str, host: str, said: str) -> tuple[FailureKind, str]:
    """The kind of failure and its message."""
    cause = _cause(error)
    if isinstance(error, httpx.ProxyError):
        return FailureKind.CONNECT, f"{said}. Check HTTPS_PROXY and NO_PROXY where the plugin runs."
    if isinstance(cause, socket.gaierror):
        return FailureKind.NAME_NOT_FOUND, (
            f"The host name {host!r} was not found ({cause.strerror}). Check the spelling of base_url, "
            "and the DNS of the machine that runs the plugin."
        )
    if isinstance(cause, ConnectionRefusedError):
        return FailureKind.REFUSED, (
            f"{peer} refused the connection. Check base_url, and that the endpoint is running."
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        return FailureKind.TLS, (
            f"The certificate of {host} is not trusted ({cause.verify_message}). Check base_url; if your company "
            "signs its own certificates, name its authority in SSL_CERT_FILE where the plugin runs."
        )
    if isinstance(cause, ssl.SSLError):
        reason = cause.reason or type(cause).__name__
        sentence = next(text for known, text in _TLS_REASONS.items() if re.search(known, reason.upper()))
        return FailureKind.TLS, sentence.format(host=host, reason=reason)
    return FailureKind.CONNECT, (
        f"{peer} cannot be reached ({said}). Check base_url, and the network of the machine that runs the plugin."
    )


def _cause(error: BaseException) -> BaseException | None:
    """The operating system's or OpenSSL's error behind one of httpx's."""
    while (cause := error.__cause__ or error.__context__) is not None:
        if isinstance(cause, OSError):
            return cause
        error = cause
    return None
