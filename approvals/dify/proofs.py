# SPDX-License-Identifier: Apache-2.0
"""Proofs that a call of a tool comes from one of this plugin's own endpoints: an HMAC over what it asks for."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final

from approvals.domain.canonical import canonical

KNOWN: Final = "how_known"
MESSAGE_ID: Final = "message_id"
VALID_SECONDS: Final = 300
_TIME: Final = re.compile(r"[0-9]{1,12}")
_SIGNED: Final = (
    "request_id", "event", "actor", "actor_level", "comment", "expected_version", "content_digest", "if_refused",
    "idempotency_key", KNOWN, MESSAGE_ID,
)  # fmt: skip


def proof_of(key: bytes, parameters: Mapping[str, Any], now: float) -> str:
    """The proof for these parameters of `route_approval`, made at `now` (seconds since 1970)."""
    at = str(int(now))
    return f"{at}:{_signature(key, parameters, at)}"


def holds(proof: str, key: bytes, parameters: Mapping[str, Any], now: float) -> bool:
    """True when `proof` was made with this key for these parameters, within the last five minutes."""
    at, _, given = proof.partition(":")
    if not _TIME.fullmatch(at) or abs(now - int(at)) > VALID_SECONDS:
        return False
    return hmac.compare_digest(_signature(key, parameters, at).encode(), given.encode(errors="replace"))


def _signature(key: bytes, parameters: Mapping[str, Any], at: str) -> str:
    """Dify makes text of every parameter, and of one that is left out the empty text."""
    signed = {name: str(parameters.get(name) or "") for name in _SIGNED}
    return hmac.new(key, canonical({**signed, "at": at}), hashlib.sha256).hexdigest()
