# SPDX-License-Identifier: Apache-2.0
"""Opens connections: straight or through a proxy, with TLS where the URL asks for it.

Raises `httpx.ConnectError` (caused by the `OSError`), `httpx.ConnectTimeout` and `httpx.ProxyError`.
"""

import base64
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any, Final

import httpx

from approvals.llm.transport.connection import Connection
from approvals.llm.transport.streams import Stream, TcpStream, Timeouts, TlsStream

_PORTS: Final = {"http": 80, "https": 443}
_ADDRESSES_TRIED: Final = 3
_OPENED: Final = range(200, 300)

type IsPublic = Callable[[str], bool]
"""Judges an address that is about to be connected to, or the host that a proxy is about to be asked for."""


def open_stream(
    url: httpx.URL,
    proxy: httpx.Proxy | None,
    context: ssl.SSLContext,
    timeouts: Timeouts,
    is_public: IsPublic | None = None,
) -> Stream:
    """A stream to the server of `url`, or to the proxy that passes plain http on to it.

    With `is_public` every address of the server must be public, and what was judged is what is connected to. A proxy
    looks names up itself, so that behind one only the host in the URL can be judged.
    """
    if proxy is None:
        return _opened(url, context, timeouts, is_public)
    if is_public and not is_public(url.host):
        raise _not_public(url.host)
    name = f"the proxy {proxy.url.host}:{port_of(proxy.url)}"
    try:
        stream = _opened(proxy.url, context, timeouts)
    except httpx.ConnectError as error:
        raise httpx.ProxyError(f"{name} cannot be reached ({error})") from error
    if url.scheme == "http":
        return stream
    try:
        _tunnel(stream, url, proxy, name, timeouts)
        return _secured(stream, url, context, timeouts)
    except BaseException:
        stream.close()
        raise


def port_of(url: httpx.URL) -> int:
    """The port of an http or https URL."""
    return url.port or _PORTS[url.scheme]


def authorization(proxy: httpx.Proxy) -> bytes:
    """The header line that logs in at the proxy; empty without a user."""
    if proxy.raw_auth is None:
        return b""
    return b"Proxy-Authorization: Basic %b\r\n" % base64.b64encode(b":".join(proxy.raw_auth))


def _tunnel(stream: Stream, url: httpx.URL, proxy: httpx.Proxy, name: str, timeouts: Timeouts) -> None:
    """Have the proxy connect `stream` to the server of `url` (RFC 9110, 9.3.6)."""
    beyond = b"%b:%d" % (b"[%b]" % url.raw_host if b":" in url.raw_host else url.raw_host, port_of(url))
    head = b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (beyond, beyond, authorization(proxy))
    asked = f"when asked for {beyond.decode()}"
    try:
        status = Connection(stream).send(head, b"", timeouts).status
    except httpx.TimeoutException:
        raise timeouts.exceeded("connect") from None
    except httpx.TransportError as error:
        raise httpx.ProxyError(f"{name} did not answer as a proxy does {asked}") from error
    if status not in _OPENED:
        raise httpx.ProxyError(f"{name} answered {status} {asked}")


def _opened(
    url: httpx.URL, context: ssl.SSLContext, timeouts: Timeouts, is_public: IsPublic | None = None
) -> Stream:
    stream = _connected(url, timeouts, is_public)
    try:
        return _secured(stream, url, context, timeouts)
    except BaseException:
        stream.close()
        raise


def _connected(url: httpx.URL, timeouts: Timeouts, is_public: IsPublic | None) -> TcpStream:
    """To the first address that accepts; the time to connect is shared among them."""
    limit = timeouts.of("connect")
    try:
        found = _addresses(url.host, port_of(url), limit)
        if is_public and not all(is_public(address[0]) for *_, address in found):
            raise _not_public(url.host)
        *others, last = [(family, address) for family, *_, address in found[:_ADDRESSES_TRIED]]
        for family, address in others:
            try:
                return _connected_to(family, address, limit and limit / (len(others) + 1), timeouts)
            except (OSError, httpx.ConnectTimeout):
                continue
        return _connected_to(*last, None, timeouts)
    except OSError as error:
        raise httpx.ConnectError(error.strerror or str(error)) from error


def _not_public(host: str) -> httpx.ConnectError:
    return httpx.ConnectError(f"{host} is no public address")


def _connected_to(family: int, address: Any, share: float | None, timeouts: Timeouts) -> TcpStream:
    left = timeouts.of("connect")
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(min((limit for limit in (share, left) if limit is not None), default=None))
        connection.connect(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError):
            raise timeouts.exceeded("connect") from None
        raise
    return TcpStream(connection)


def _addresses(host: str, port: int, seconds: float | None) -> list[Any]:
    """`getaddrinfo` within `seconds`: it can hang for half a minute, in a thread that is then left behind."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        answer = Future[list[Any]]()

    def look_up() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            strerror = getattr(error, "strerror", None) or "not a valid name"
            answer.set_exception(socket.gaierror(socket.EAI_NONAME, strerror))

    Thread(target=look_up, name="name-lookup", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        reason = f"no answer from the name service within {seconds:.1f} s"
        raise socket.gaierror(socket.EAI_AGAIN, reason) from None


def _secured(stream: Stream, url: httpx.URL, context: ssl.SSLContext, timeouts: Timeouts) -> Stream:
    if url.scheme == "http":
        return stream
    try:
        return TlsStream(stream, context, url.host, timeouts)
    except ssl.SSLEOFError as error:
        raise httpx.ConnectError("closed during the TLS handshake") from ConnectionResetError(str(error))
    except (OSError, ValueError) as error:  # ValueError: a name that no certificate can be for
        raise httpx.ConnectError(str(error)) from error
