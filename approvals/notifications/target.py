# SPDX-License-Identifier: Apache-2.0
"""Where notices go, from what an admin typed."""

import binascii
from typing import Final

import httpx
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.notifications.formats import NotifyFormat, Target

_PORTS: Final = range(1, 65_536)
_WITHOUT_SIGNATURE: Final = frozenset({NotifyFormat.SLACK, NotifyFormat.TEAMS, NotifyFormat.WECOM})


def target_of(
    url: str, kind: NotifyFormat, secret: str, *, public_url: str, allow_insecure_http: bool
) -> Target | None:
    """The target, or None where no address is set.

    Raises `bad_parameter`, which shows the host alone: an address of a chat holds its key.
    """
    if not url:
        return None
    address = _address(url.strip(), allow_insecure_http=allow_insecure_http)
    if kind is NotifyFormat.STANDARD_WEBHOOKS:
        _require_key(secret)
    return Target(address, kind, "" if kind in _WITHOUT_SIGNATURE else secret, public_url)


def _address(url: str, *, allow_insecure_http: bool) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        raise _refused("is not a valid URL") from None
    if address.scheme not in {"https", "http"} or not address.host:
        raise _refused("must start with https:// and name a host")
    if address.scheme == "http" and not allow_insecure_http:
        raise _refused(f"sends to {shown(address.host)} in the clear; use https, or set allow_insecure_http")
    if address.port is not None and address.port not in _PORTS:
        raise _refused(f"names port {address.port}, which is none")
    if address.userinfo or address.fragment or not url.isascii() or not url.isprintable() or " " in url:
        raise _refused("must hold no user, password, '#', blank or letter outside ASCII")
    return address


def _require_key(secret: str) -> None:
    if not secret:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            "notify_secret is empty; notify_format standard-webhooks signs with it: whsec_ and base64, such as the "
            "output of echo whsec_$(openssl rand -base64 32)",
        )
    try:
        Webhook(secret)
    except (ValueError, binascii.Error, EmptyWebhookSecretError):
        raise ApprovalError(ErrorCode.BAD_PARAMETER, "notify_secret must be whsec_ and base64") from None


def _refused(why: str) -> ApprovalError:
    return ApprovalError(
        ErrorCode.BAD_PARAMETER, f"notify_url {why}. Example: https://hooks.example.com/approvals"
    )
