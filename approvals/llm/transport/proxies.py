# SPDX-License-Identifier: Apache-2.0
"""Which proxy a call goes through: what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.

Taken from the environment on purpose: Dify's plugin daemon puts them there for installations without a way out of
their own. Read once per client. Loopback never goes through a proxy.
"""

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm.endpoint import Endpoint

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `authorization` is the header that it wants, if any, and is never shown."""

    host: str
    port: int
    is_secure: bool
    authorization: tuple[tuple[bytes, bytes], ...] = field(repr=False, default=())


def proxy_for(endpoint: Endpoint, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy to reach `endpoint` through, or None. Raises `bad_parameter` for one that cannot be used."""
    name = f"{endpoint.scheme}_proxy"
    value = environment.get(name) or environment.get(name.upper()) or ""
    if not value or _is_direct(
        endpoint.host, environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    ):
        return None
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = parts.port
    except ValueError:
        raise _unusable(name, "is no URL") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _unusable(name, f"has scheme {shown(parts.scheme)} and host {shown(parts.hostname)}")
    return Proxy(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "https", _authorization(parts))


def _authorization(parts: SplitResult) -> tuple[tuple[bytes, bytes], ...]:
    if not parts.username:
        return ()
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return ((b"Proxy-Authorization", b"Basic " + base64.b64encode(pair.encode())),)


def _unusable(name: str, why: str) -> ApprovalError:
    return ApprovalError(
        ErrorCode.BAD_PARAMETER,
        f"the proxy in {name.upper()} {why}; it must be http://host:port or https://host:port.",
    )


def _is_direct(host: str, no_proxy: str) -> bool:
    """`no_proxy` lists names (which cover their subdomains), addresses, networks like 10.0.0.0/8, or `*`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address and address.is_loopback):
        return True
    entries = [entry.strip().casefold() for entry in no_proxy.split(",") if entry.strip()]
    if address:
        return any(entry in ("*", host) or _holds(entry, address) for entry in entries)
    suffixes = [entry.removeprefix("*").lstrip(".") for entry in entries]
    return any(not suffix or host == suffix or host.endswith(f".{suffix}") for suffix in suffixes)


def _holds(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
