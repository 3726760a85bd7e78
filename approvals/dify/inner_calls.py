# SPDX-License-Identifier: Apache-2.0
"""What an endpoint tells a tool besides its parameters: on whose behalf it calls, and how it knows them.

A tool cannot see who calls it, and anybody on a canvas may pass any parameter. So an endpoint proves that it is one: it
signs what it asks for with a key that lies in the workspace's storage, where only this plugin reads. These parameters
stand in no YAML; Dify hands on what it does not know.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from dify_plugin.core.runtime import Session

from approvals.dify.channel.storage import storage_of
from approvals.domain.canonical import canonical
from approvals.domain.decisions import Decision
from approvals.domain.terms import HowKnown
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.dify.storage import DifyStorage, KeyValue
from approvals.telemetry import correlation_id_from

CORRELATION_ID: Final = "correlation_id"
REPORT: Final = "report"
PROOF: Final = "endpoint_proof"
KNOWN: Final = "how_known"
MESSAGE_ID: Final = "message_id"
KEY_NAME: Final = "endpoints/key"
"""Where the key lies in the workspace's storage."""
VALID_SECONDS: Final = 300
_TIME: Final = re.compile(r"[0-9]{1,12}")
_SIGNED: Final = (
    "request_id", "event", "actor", "actor_level", "comment", "expected_version", "content_digest", "if_refused",
    "idempotency_key", KNOWN, MESSAGE_ID,
)  # fmt: skip


def vouched(
    session: Session,
    parameters: Mapping[str, Any],
    known: HowKnown,
    message_id: str,
    now: Callable[[], float] = time.time,
) -> dict[str, Any]:
    """The parameters of `route_approval` with the proof that an endpoint vouches for its actor.

    `message_id` is that of the signed message that brought the event; "" where none did.
    """
    given = {**parameters, KNOWN: known.value, MESSAGE_ID: message_id}
    at = str(int(now()))
    storage = DifyStorage(storage_of(session))
    return {**given, PROOF: f"{at}:{_signature(_key(storage) or _new_key(storage), given, at)}"}


def decision_of(
    session: Session, parameters: Mapping[str, Any], decision: Decision, now: Callable[[], float] = time.time
) -> tuple[Decision, str]:
    """The decision, as known as the endpoint that calls says, and the id of the message that brought it.

    Without a proof it is known as it was, and the id is empty. Raises `not_authorized` for a proof that does not hold.
    """
    decision = replace(decision, correlation_id=correlation_id_from(parameters.get(CORRELATION_ID)))
    proof = str(parameters.get(PROOF) or "")
    if not proof:
        return decision, ""
    at, _, signature = proof.partition(":")
    key = _key(DifyStorage(storage_of(session)))
    if not key or not _is_fresh(at, now()) or not _is_same(_signature(key, parameters, at), signature):
        raise ApprovalError(
            ErrorCode.NOT_AUTHORIZED,
            f"{PROOF} does not hold: only this plugin's own endpoints may say how an actor is known; leave it out",
        )
    known = replace(decision, how_known=HowKnown(str(parameters[KNOWN])))
    return known, str(parameters.get(MESSAGE_ID) or "")


def _is_fresh(at: str, now: float) -> bool:
    return bool(_TIME.fullmatch(at)) and abs(now - int(at)) <= VALID_SECONDS


def _is_same(signature: str, given: str) -> bool:
    return hmac.compare_digest(signature.encode(), given.encode(errors="replace"))


def _signature(key: bytes, parameters: Mapping[str, Any], at: str) -> str:
    signed = {name: str(parameters.get(name) or "") for name in _SIGNED}
    return hmac.new(key, canonical({**signed, "at": at}), hashlib.sha256).hexdigest()


def _key(storage: KeyValue) -> bytes | None:
    return storage.get(KEY_NAME)


def _new_key(storage: KeyValue) -> bytes:
    """A key for this workspace. Read again, so that of two endpoints that make one at once both use the last."""
    made = secrets.token_bytes(32)
    storage.set(KEY_NAME, made)
    return storage.get(KEY_NAME) or made
