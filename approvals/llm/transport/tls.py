# SPDX-License-Identifier: Apache-2.0
"""TLS, 1.3 at least, as a layer over a pipe.

The handshake and the records go through memory, not through a wrapped socket: under gevent a wrapped socket starts
its timeout anew with every byte, so a record that drips in would never end. Here each wait is the pipe's own.
"""

import os
import ssl
from collections.abc import Callable
from errno import ECONNRESET
from functools import cache
from typing import Final, Self

import certifi

from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.transport.streams import READ_BYTES, Pipe

_OWN_TRUST: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@cache
def tls_context() -> ssl.SSLContext:
    """The one TLS context of this process, since building one costs 40 ms and it is the same for all.

    Trusts the certificates in `SSL_CERT_FILE` or `SSL_CERT_DIR` where a company sets them, else certifi's.
    """
    if any(os.environ.get(name) for name in _OWN_TRUST):
        return tls_context_trusting(None)
    return tls_context_trusting(certifi.where())


def tls_context_trusting(authorities_file: str | None) -> ssl.SSLContext:
    """A context that trusts what signs in `authorities_file` (PEM); None for the system's own setting."""
    context = ssl.create_default_context(cafile=authorities_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class TlsPipe:
    """TLS over another pipe, which may itself be one (an https proxy)."""

    def __init__(self, below: Pipe, context: ssl.SSLContext, host: str) -> None:
        self._below = below
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_hostname=host)

    @classmethod
    def over(cls, below: Pipe, context: ssl.SSLContext, host: str, seconds: float) -> Self:
        """The pipe after the handshake. Raises `CallFailure` of kind `tls` when there is no trusted one to be had."""
        try:
            pipe = cls(below, context, host)
            pipe._run(pipe._tls.do_handshake, seconds)
        except ssl.SSLEOFError:
            raise ConnectionResetError(ECONNRESET, "closed during the TLS handshake") from None
        except ssl.SSLError as error:
            raise CallFailure(FailureKind.TLS, _explained(host, error)) from None
        except ValueError as error:
            raise CallFailure(
                FailureKind.TLS, f"{host!r} is no name to check a certificate for: {error}."
            ) from None
        return pipe

    def receive(self, seconds: float) -> bytes:
        try:
            return self._run(lambda: self._tls.read(READ_BYTES), seconds)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # many servers end without TLS's goodbye
            return b""

    def receive_now(self) -> bytes | None:
        data = self._below.receive_now()
        if not data:
            return data
        self._arrived.write(data)
        try:
            return self._tls.read(READ_BYTES)
        except ssl.SSLWantReadError:  # a session ticket, which the server may send at any time
            return None
        except ssl.SSLError:
            return b""

    def send(self, data: bytes, seconds: float) -> None:
        self._run(lambda: self._tls.write(data), seconds)

    def close(self) -> None:
        self._below.close()

    def _run[T](self, step: Callable[[], T], seconds: float) -> T:
        """Do one step of the protocol, carrying bytes between memory and the pipe until it is done."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush(seconds)
                data = self._below.receive(seconds)
                if data:
                    self._arrived.write(data)
                else:
                    self._arrived.write_eof()
            else:
                self._flush(seconds)
                return result

    def _flush(self, seconds: float) -> None:
        if leaving := self._leaving.read():
            self._below.send(leaving, seconds)


def _explained(host: str, error: ssl.SSLError) -> str:
    reason = (error.reason or "").upper()
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {host} is not trusted ({error.verify_message}). Check base_url; if your company "
            "signs its own certificates, name its authority in SSL_CERT_FILE where the plugin runs."
        )
    if "PROTOCOL_VERSION" in reason or "UNSUPPORTED_PROTOCOL" in reason:
        return f"{host} does not offer TLS 1.3, and nothing older is accepted. Use an endpoint or a proxy that does."
    if "WRONG_VERSION_NUMBER" in reason or "HTTP_REQUEST" in reason:
        return f"{host} does not speak TLS on this port. Check the port in base_url."
    return f"The TLS handshake with {host} failed ({error.reason or type(error).__name__}). Check base_url."
