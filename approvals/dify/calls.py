# SPDX-License-Identifier: Apache-2.0
"""From a tool's parameters to what the desk is asked, and from Dify's session to the desk that answers."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dify_plugin.core.runtime import Session
from dify_plugin.entities.tool import ToolRuntime

from approvals.desk import AnalyzeOrder, Desk
from approvals.dify.parameters import CONTENT_LIMIT, Parameters
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import PolicyDocument, read_policy
from approvals.domain.records import ApprovalRequest
from approvals.domain.terms import Event, Level
from approvals.settings import Settings
from approvals.store.dify_storage import DifyStorage
from approvals.wiring import wiring

_DEFAULT_POLICY = Path(__file__).parents[2] / "policies" / "default.yaml"
_NAME, _KEY, _COMMENT = 400, 1_000, 4_000  # bytes


@cache
def default_policy() -> PolicyDocument:
    """The policy that applies when a call brings none."""
    return read_policy(_DEFAULT_POLICY.read_text(encoding="utf-8"))


def desk_for(runtime: ToolRuntime, session: Session) -> Desk:
    """The desk of the credentials and the workspace that a call belongs to."""
    settings = Settings.from_credentials(runtime.credentials)
    return wiring().desk(settings, DifyStorage(session.storage), session.app_id)


def analyze_order(given: Mapping[str, Any]) -> AnalyzeOrder:
    """What `analyze_approval` asks for. Raises `bad_parameter` or `bad_policy`."""
    read = Parameters(given)
    request = ApprovalRequest(
        request_id=read.request_id(),
        content=read.text("content", limit=CONTENT_LIMIT, required=True),
        request_type=read.text("request_type", limit=_NAME).casefold(),
        amount=read.amount(),
        currency=read.currency(),
        requester=read.text("requester", limit=_NAME),
        priority=read.integer("priority", low=1, high=5),
        deadline_hours=read.hours(),
        context=read.json_object("context"),
    )
    return AnalyzeOrder(
        request=request,
        policy=read.policy() or default_policy(),
        model=read.text("model", limit=_NAME),
        idempotency_key=read.text("idempotency_key", limit=_KEY),
    )


def route_order(given: Mapping[str, Any]) -> tuple[str, Decision, PolicyDocument | None]:
    """What `route_approval` asks for: the request, the event and, if given, a policy."""
    read = Parameters(given)
    request_id = read.request_id(required=True)
    event = read.choice("event", Event, required=True)
    if event is None:
        raise AssertionError("a required choice is never None")
    decision = Decision(
        event=event,
        actor=read.text("actor", limit=_NAME),
        actor_level=read.choice("actor_level", Level),
        comment=read.text("comment", limit=_COMMENT),
        expected_version=read.integer("expected_version", low=1, high=2**31),
        idempotency_key=read.text("idempotency_key", limit=_KEY),
    )
    return request_id, decision, read.policy()
