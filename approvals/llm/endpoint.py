# SPDX-License-Identifier: Apache-2.0
"""Where calls go: what a base URL may be, and its parts as the lanes need them."""

import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from approvals.errors import ApprovalError, ErrorCode, shown

_PORTS: Final = {"https": 443, "http": 80}
_PATH: Final = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One OpenAI-compatible endpoint. `host` is as DNS wants it (ASCII), without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    @property
    def authority_with_port(self) -> str:
        """Host and port, as `CONNECT` wants them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def authority(self) -> str:
        """Host and port for the Host header; the port only where it is not the scheme's own."""
        return self.authority_with_port.removesuffix(f":{_PORTS[self.scheme]}")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def endpoint_at(base_url: str, *, allow_insecure_http: bool = False) -> Endpoint:
    """The endpoint that `base_url` names, such as `https://api.example.com/v1`.

    A URL that already ends in `/chat/completions` is taken as it is. Plain http needs `allow_insecure_http`, to
    loopback as well: the key would travel in the clear. Raises `bad_parameter`.
    """
    if not base_url.strip().isprintable():
        raise _refused(base_url, "it holds a line break or another character that cannot be seen")
    parts = _split(base_url)
    if parts.scheme not in _PORTS:
        raise _refused(base_url, "it must start with https://")
    if parts.username is not None or parts.password is not None:
        # The URL holds a password: it is not shown.
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"base_url for host {shown(parts.hostname)} holds a user name or password; "
            "leave them out and put the key into api_key.",
        )
    if parts.query or parts.fragment:
        raise _refused(base_url, "it must not hold '?' or '#'")
    if parts.scheme == "http" and not allow_insecure_http:
        raise _refused(
            base_url,
            "http sends the key and the requests in the clear; use https, or set allow_insecure_http "
            "if the endpoint is on your own machine or network",
        )
    path = parts.path.rstrip("/").removesuffix(_PATH) + _PATH
    if not path.isascii() or not path.isprintable() or " " in path:
        raise _refused(base_url, "its path must be plain ASCII without spaces")
    return Endpoint(parts.scheme, _host(base_url, parts), parts.port or _PORTS[parts.scheme], path)


def _split(base_url: str) -> SplitResult:
    try:
        parts = urlsplit(base_url.strip())
        _ = parts.port
    except ValueError as error:
        raise _refused(base_url, f"it is no URL ({error})") from None
    return parts


def _host(base_url: str, parts: SplitResult) -> str:
    # Compatible forms first: a character that only looks like a dot would become one after the labels were told apart.
    host = unicodedata.normalize("NFKC", parts.hostname or "").rstrip(".")
    if ":" in host:
        return host
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_host = ""
    if not ascii_host or not all(character.isalnum() or character in "-._" for character in ascii_host):
        raise _refused(base_url, f"{shown(host)} is no host name")
    return ascii_host


def _refused(base_url: str, why: str) -> ApprovalError:
    return ApprovalError(
        ErrorCode.BAD_PARAMETER, f"base_url is {shown(base_url)}: {why}. Example: https://api.example.com/v1"
    )
