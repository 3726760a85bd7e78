# SPDX-License-Identifier: Apache-2.0
"""What an endpoint tells a tool besides its parameters: on whose behalf it calls, and how it knows them.

A tool cannot see who calls it, and anybody on a canvas may pass any parameter. So an endpoint proves that it is one: it
signs what it asks for with a key that lies in the workspace's storage, where only this plugin reads. These parameters
stand in no YAML; Dify hands on what it does not know.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dify_plugin.core.runtime import Session

from approvals.dify.channel.storage import storage_of
from approvals.dify.proofs import KNOWN, MESSAGE_ID, holds, proof_of
from approvals.domain.decisions import Decision
from approvals.domain.terms import HowKnown
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.dify.storage import DifyStorage, KeyValue
from approvals.telemetry import correlation_id_from

CORRELATION_ID: Final = "correlation_id"
REPORT: Final = "report"
PROOF: Final = "endpoint_proof"
KEY_NAME: Final = "endpoints/key"
"""Where the key lies in the workspace's storage."""


def vouched(
    session: Session, parameters: Mapping[str, Any], known: HowKnown, message_id: str
) -> dict[str, Any]:
    """The parameters of `route_approval` with the proof that an endpoint vouches for its actor.

    `message_id` is that of the signed message that brought the event; "" where none did. Raises `store_unavailable`.
    """
    given = {**parameters, KNOWN: known.value, MESSAGE_ID: message_id}
    storage = DifyStorage(storage_of(session))
    key = storage.get(KEY_NAME) or _new_key(storage)
    return {**given, PROOF: proof_of(key, given, time.time())}


def decision_of(session: Session, parameters: Mapping[str, Any], decision: Decision) -> tuple[Decision, str]:
    """The decision, as known as the endpoint that calls says, and the id of the message that brought it.

    Without a proof it is known as it was, and the id is empty. Raises `not_authorized` for a proof that does not hold.
    """
    decision = replace(decision, correlation_id=correlation_id_from(parameters.get(CORRELATION_ID)))
    proof = str(parameters.get(PROOF) or "")
    if not proof:
        return decision, ""
    key = DifyStorage(storage_of(session)).get(KEY_NAME)
    if key is None or not holds(proof, key, parameters, time.time()):
        raise ApprovalError(
            ErrorCode.NOT_AUTHORIZED,
            f"{PROOF} does not hold: only this plugin's own endpoints may say how an actor is known; leave it out",
        )
    known = replace(decision, how_known=HowKnown(str(parameters[KNOWN])))
    return known, str(parameters.get(MESSAGE_ID) or "")


def _new_key(storage: KeyValue) -> bytes:
    """A key for this workspace. Read again, so that of two endpoints that make one at once both use the last."""
    made = secrets.token_bytes(32)
    storage.set(KEY_NAME, made)
    return storage.get(KEY_NAME) or made
