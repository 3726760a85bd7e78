# SPDX-License-Identifier: Apache-2.0
"""An HTTP request and a response as records.

A page of the plugin shares its origin with Dify's console, so that browsers send the console's cookies along. A request
holds only the headers in `KEPT_HEADERS` and the cookies in `OWN_COOKIES`; nothing here ever sees the others.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.text.json_text import json_bytes
from approvals.text.nesting import depth_of

KEPT_HEADERS: Final = frozenset({
    "accept", "accept-language", "authorization", "content-type", "dify-hook-id", "origin", "sec-fetch-site",
    "webhook-id", "webhook-signature", "webhook-timestamp", "x-correlation-id", "x-forwarded-proto",
})  # fmt: skip
OWN_COOKIES: Final = frozenset({"approvals_session"})
MOST_FORM_FIELDS: Final = 100
_DEEPEST: Final = 40  # lists and objects within each other; `context` may be 20 deep

API_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Type": "application/json",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. `path` is decoded and begins behind the endpoint's own address, such as `/desk`.

    `values` are the variable parts of the path, decoded. `headers` have lower-case names. Of a query parameter, a
    header or a cookie that is repeated, one value is there.
    """

    method: str
    path: str
    values: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `bad_parameter`."""
        try:
            value = json.loads(self.body, object_pairs_hook=_each_key_once)
        except _DoubledKeyError as error:
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER, f"the body holds the key {shown(str(error))} twice; keep one of them"
            ) from None
        except (ValueError, RecursionError) as error:
            reason = (
                str(error)
                if isinstance(error, json.JSONDecodeError)
                else "it is not UTF-8, or nested too deep"
            )
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER, f"the body must be JSON: {reason}; send a JSON object in UTF-8"
            ) from None
        if not isinstance(value, dict):
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER, f"the body must be a JSON object; found {shown(value)}"
            )
        if depth_of(value, _DEEPEST) > _DEEPEST:
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER, f"the body is nested deeper than {_DEEPEST} levels; flatten it"
            )
        return value

    def form(self) -> dict[str, str]:
        """The body as a form that a browser sends (`application/x-www-form-urlencoded`), the last value of each field.

        Raises `bad_parameter` for more than `MOST_FORM_FIELDS` fields or bytes that are not UTF-8.
        """
        try:
            pairs = parse_qsl(
                self.body.decode(), keep_blank_values=True, max_num_fields=MOST_FORM_FIELDS, errors="strict"
            )
        except ValueError:
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"the body must be a form in UTF-8 with at most {MOST_FORM_FIELDS} fields",
            ) from None
        return dict(pairs)


class _DoubledKeyError(Exception):
    """An object of a body has a key twice, and JSON readers disagree about which counts."""


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DoubledKeyError(key)
        found[key] = value
    return found


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One response. The platform delivers each header once, so that there is at most one `Set-Cookie`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_response(status: int, value: object, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON value, not to be cached."""
    return HttpResponse(status, {**API_HEADERS, **(headers or {})}, json_bytes(value))
