# SPDX-License-Identifier: Apache-2.0
"""The URL that calls go to, from the base URL that an admin typed."""

import ipaddress
import re
from typing import Final

import httpx

from approvals.errors import ApprovalError, ErrorCode, shown

_PATH: Final = "/chat/completions"
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_PORTS: Final = range(1, 65_536)
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_QUERY_NAMES: Final = {"api-version"}
"""What the query may hold: Azure's deployments want their version there."""


def chat_completions_url(base_url: str, *, allow_insecure_http: bool = False) -> httpx.URL:
    """The URL of chat completions under `base_url`, such as `https://api.example.com/v1`.

    A URL that already ends in `/chat/completions` is taken as it is; a query may hold `api-version`. Host names are
    encoded by IDNA 2008. Plain http needs `allow_insecure_http`, to loopback as well: the key would travel in the
    clear. Raises `bad_parameter`, which repeats neither a password nor a query.
    """
    typed = base_url.strip()
    if not typed.isprintable():
        raise _refused(typed, "it holds a line break or another character that cannot be seen")
    scheme, separator, rest = typed.partition("://")
    if not separator or scheme.lower() not in _DEFAULT_PORTS:
        raise _refused(typed, "it must start with https://")
    try:
        url = httpx.URL(f"{scheme.lower()}://{rest}")
    except httpx.InvalidURL as error:
        raise _refused(typed, f"it is not a valid URL ({_without_host(error)})") from None
    if url.port is not None and url.port not in _PORTS:
        raise _refused(typed, f"{url.port} is not a port")
    if url.userinfo:
        raise _refused(typed, "it holds a user name or password; leave them out and put the key into api_key")
    if url.fragment:
        raise _refused(typed, "it must not hold '#'")
    if set(url.params) - _QUERY_NAMES:
        raise _refused(typed, "its query may hold api-version alone; a key belongs into api_key")
    if url.scheme == "http" and not allow_insecure_http:
        raise _refused(
            typed,
            "http sends the key and the requests in the clear; use https, or set allow_insecure_http "
            "if the endpoint is on your own machine or network",
        )
    return _completed(typed, url)


def _completed(typed: str, url: httpx.URL) -> httpx.URL:
    host = url.raw_host.decode("ascii").rstrip(".")
    if not (_is_ipv6(host) or _HOST.fullmatch(host)):
        raise _refused(typed, f"{shown(host)} is not a host name")
    path = url.path.rstrip("/").removesuffix(_PATH) + _PATH
    if not path.isascii() or not path.isprintable() or " " in path:
        raise _refused(typed, "its path must be plain ASCII without spaces")
    port = None if url.port == _DEFAULT_PORTS[url.scheme] else url.port
    return url.copy_with(host=host, port=port, path=path)


def _is_ipv6(host: str) -> bool:
    try:
        return "%" not in host and ipaddress.ip_address(host).version == 6  # noqa: PLR2004
    except ValueError:
        return False


def _without_host(error: httpx.InvalidURL) -> str:
    return str(error).partition(":")[0].lower()


def _refused(typed: str, why: str) -> ApprovalError:
    """Shows the host alone: a password, a key or a tenant's token may stand in any other part."""
    after_user = re.split(r"[?#]", typed, maxsplit=1)[0].rpartition("@")[2]
    host = re.split(
        r"[/\\]", re.sub(r"^[a-z]{0,10}:?/{0,2}", "", after_user, flags=re.IGNORECASE), maxsplit=1
    )[0]
    host = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    which = f"base_url (host {shown(host)})" if host.strip("[]") else "base_url"
    return ApprovalError(ErrorCode.BAD_PARAMETER, f"{which}: {why}. Example: https://api.example.com/v1")
