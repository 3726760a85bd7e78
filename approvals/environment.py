# SPDX-License-Identifier: Apache-2.0
"""What the environment of the process says about networks: which proxy to use, and which authorities to trust.

Dify's plugin daemon sets HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY for installations without direct access.
The standard library reads them (`urllib.request`, as in requests and aiohttp): unlike httpx's own reading it is no
private name, and one odd entry does not make it fail. httpx reads SSL_CERT_FILE and SSL_CERT_DIR.
"""

import os
import re
import ssl
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httpx

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm.transport.opening import port_of

_VALID_PORTS: Final = range(1, 65_536)
_SEPARATORS: Final = re.compile(r"[\s,]+")


def proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy for `url`, or None for a direct connection. Raises `bad_parameter` for a proxy that cannot be used."""
    proxies: dict[str, str] = getproxies_environment()
    name = url.scheme if proxies.get(url.scheme) else "all"
    value = proxies.get(name, "").strip()
    if not value or _is_direct(url.host, port_of(url), proxies.get("no", "")):
        return None
    try:
        proxy = httpx.Proxy(value if "://" in value else f"http://{value}")
        usable = (
            proxy.url.scheme in ("http", "https") and proxy.url.host and port_of(proxy.url) in _VALID_PORTS
        )
    except (ValueError, httpx.InvalidURL):
        usable = False
    if not usable:  # its value may hold a password, and is not shown
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"the proxy in {name.upper()}_PROXY cannot be used; it must be http://host:port or https://host:port.",
        )
    return proxy


def _is_direct(host: str, port: int, no_proxy: str) -> bool:
    """NO_PROXY names hosts, domains, addresses or networks, with or without a port. Loopback needs no proxy."""
    entries = [entry for entry in _SEPARATORS.split(no_proxy) if entry]
    if host == "localhost" or "*" in entries:
        return True
    if any(_holds(network, host) for network in ("127.0.0.0/8", "::1", *entries)):
        return True
    names = {"no": ",".join(entry.removeprefix("*") for entry in entries)}
    spellings = (f"[{host}]:{port}", host) if ":" in host else (f"{host}:{port}",)
    return any(proxy_bypass_environment(spelling, names) for spelling in spellings)


def _holds(network: str, host: str) -> bool:
    plain = network.removeprefix("[").removesuffix("]").replace("]/", "/")
    try:
        return ip_address(host) in ip_network(plain, strict=False)
    except ValueError:
        return False


@cache
def tls_context() -> ssl.SSLContext:
    """The one context of this process, TLS 1.3 at least. Building one takes 40 ms, and it is the same for all.

    Raises `bad_parameter` when SSL_CERT_FILE or SSL_CERT_DIR names nothing that can be read.
    """
    name = "SSL_CERT_FILE" if os.environ.get("SSL_CERT_FILE") else "SSL_CERT_DIR"
    place = os.environ.get(name, "")
    try:
        if name == "SSL_CERT_DIR" and place and not Path(place).is_dir():
            raise NotADirectoryError(None, "there is no such directory")
        context = httpx.create_ssl_context()
    except OSError as error:
        why = "no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"the trusted certificates in {name} ({shown(place, 300)}) cannot be read: "
            f"{why}. Set it to a PEM file (SSL_CERT_FILE) or a directory of "
            "them (SSL_CERT_DIR) where the plugin runs, or unset it.",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
