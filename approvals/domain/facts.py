# SPDX-License-Identifier: Apache-2.0
"""What the rules of a policy see of a request. Text is compared as a reader sees it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from approvals.domain.records import ApprovalRequest
from approvals.text.invisible import one_line
from approvals.text.lookalikes import plain

CONTEXT_KEY_LIMIT: Final = 200  # characters


class Facts(NamedTuple):
    """The facts of one request."""

    amount: Decimal | None
    """In the policy's currency; None when unknown."""
    words: Mapping[str, set[str]]
    """What is said in words, as a reader sees it: by `request_type`, `vendor`, `cost_center`, and `context.KEY`."""


def facts_of(request: ApprovalRequest, amount: Decimal | None, context_keys: frozenset[str]) -> Facts:
    """The facts of `request`. `amount` is in the policy's currency, `context_keys` are those that it tests."""
    words = {
        "request_type": {as_seen(request.request_type)},
        "vendor": {as_seen(request.vendor)},
        "cost_center": {as_seen(request.cost_center)},
    }
    return Facts(amount, {**words, **_context(request.context, context_keys)} if context_keys else words)


def as_seen(text: str) -> str:
    """The same text for every way of writing it that looks alike to a reader: case, spaces, width, look-alikes."""
    return one_line(plain(text))


def as_text(value: object) -> str:
    """A value of a JSON document as text: `4711` and `4711.0` are "4711", true is "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _context(context: Mapping[str, Any], keys: frozenset[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, value in _values(context, ""):
        if key in keys:
            found.setdefault(f"context.{key}", set()).add(as_seen(as_text(value)))
    return found


def _values(value: object, key: str) -> Iterator[tuple[str, object]]:
    """Every plain value with its key. The key of a value in an object within the context has a dot: `site.country`."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            inner = f"{key}.{as_seen(name)}" if key else as_seen(name)
            if len(inner) <= CONTEXT_KEY_LIMIT:  # a policy has no longer ones
                yield from _values(each, inner)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _values(each, key)
    elif value is not None:
        yield key, value
