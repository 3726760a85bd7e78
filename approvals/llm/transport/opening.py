# SPDX-License-Identifier: Apache-2.0
"""Opens connections: straight or through a proxy, with TLS where the URL asks for it.

Raises `httpx.ConnectError` (caused by the `OSError`), `httpx.ConnectTimeout` and `httpx.ProxyError`.
"""

import base64
import socket
import ssl
from concurrent.futures import Future
from ipaddress import ip_address
from threading import Thread
from typing import Any, Final

import httpx

from approvals.llm.transport.connection import Connection
from approvals.llm.transport.public_addresses import is_public
from approvals.llm.transport.streams import Stream, TcpStream, Timeouts, TlsStream

_PORTS: Final = {"http": 80, "https": 443}
_ADDRESSES_TRIED: Final = 3
_OPENED: Final = range(200, 300)


def open_stream(
    url: httpx.URL,
    proxy: httpx.Proxy | None,
    context: ssl.SSLContext,
    timeouts: Timeouts,
    *,
    public_only: bool = False,
) -> Stream:
    """A stream to the server of `url`, or to the proxy that passes plain http on to it.

    With `public_only` every address of the server must be public, and what was looked at is what is connected to. A
    proxy looks names up itself, so that behind one only an address in the URL can be judged.
    """
    if proxy is None:
        return _secured(_connected(url, timeouts, public_only=public_only), url, context, timeouts)
    if public_only and (url.host == "localhost" or (_is_address(url.host) and not is_public(url.host))):
        raise _not_public(url.host)
    name = f"the proxy {proxy.url.host}:{port_of(proxy.url)}"
    try:
        stream = _secured(_connected(proxy.url, timeouts), proxy.url, context, timeouts)
    except httpx.ConnectError as error:
        raise httpx.ProxyError(f"{name} cannot be reached ({error})") from error
    if url.scheme == "http":
        return stream
    beyond = b"%b:%d" % (b"[%b]" % url.raw_host if b":" in url.raw_host else url.raw_host, port_of(url))
    head = b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (beyond, beyond, authorization(proxy))
    try:  # RFC 9110, 9.3.6
        status = Connection(stream).send(head, b"", timeouts).status
    except httpx.TimeoutException:
        stream.close()
        raise timeouts.exceeded("connect") from None
    except httpx.TransportError as error:
        stream.close()
        raise httpx.ProxyError(
            f"{name} did not answer as a proxy does when asked for {beyond.decode()}"
        ) from error
    if status not in _OPENED:
        stream.close()
        raise httpx.ProxyError(f"{name} answered {status} when asked for {beyond.decode()}")
    return _secured(stream, url, context, timeouts)


def port_of(url: httpx.URL) -> int:
    """The port of an http or https URL."""
    return url.port or _PORTS[url.scheme]


def authorization(proxy: httpx.Proxy) -> bytes:
    """The header line that logs in at the proxy; empty without a user."""
    if proxy.raw_auth is None:
        return b""
    return b"Proxy-Authorization: Basic %b\r\n" % base64.b64encode(b":".join(proxy.raw_auth))


def _connected(url: httpx.URL, timeouts: Timeouts, *, public_only: bool = False) -> TcpStream:
    """To the first address that accepts; the time to connect is shared among them."""
    limit = timeouts.of("connect")
    try:
        found = _addresses(url.host, port_of(url), limit)
        if public_only and not all(is_public(address[0]) for *_, address in found):
            raise _not_public(url.host)
        addresses = found[:_ADDRESSES_TRIED]
        for family, _, _, _, address in addresses[:-1]:
            try:
                return _connected_to(family, address, limit and limit / len(addresses), timeouts)
            except (OSError, httpx.ConnectTimeout):
                continue
        family, _, _, _, address = addresses[-1]
        return _connected_to(family, address, None, timeouts)
    except OSError as error:
        raise httpx.ConnectError(error.strerror or str(error)) from error


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _not_public(host: str) -> httpx.ConnectError:
    return httpx.ConnectError(f"{host} is no public address")


def _connected_to(family: int, address: Any, share: float | None, timeouts: Timeouts) -> TcpStream:
    left = timeouts.of("connect")
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(share if left is None else left if share is None else min(share, left))
        connection.connect(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except TimeoutError:
        connection.close()
        raise timeouts.exceeded("connect") from None
    except BaseException:
        connection.close()
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
        raise socket.gaierror(
            socket.EAI_AGAIN, f"no answer from the name service within {seconds:.1f} s"
        ) from None


def _secured(
    stream: TcpStream | TlsStream, url: httpx.URL, context: ssl.SSLContext, timeouts: Timeouts
) -> Stream:
    if url.scheme == "http":
        return stream
    try:
        return TlsStream(stream, context, url.host, timeouts)
    except ssl.SSLEOFError as error:
        stream.close()
        raise httpx.ConnectError("closed during the TLS handshake") from ConnectionResetError(str(error))
    except (OSError, ValueError) as error:  # ValueError: a name that no certificate can be for
        stream.close()
        raise httpx.ConnectError(str(error)) from error
    except BaseException:
        stream.close()
        raise
