# SPDX-License-Identifier: Apache-2.0
"""From a tool's parameters to what the desk is asked, and from Dify's session to the desk that answers."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dify_plugin import Tool

from approvals.desk import AnalyzeOrder, Desk, FindOrder
from approvals.dify.parameters import CONTENT_LIMIT, Parameters
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import PolicyDocument, read_policy
from approvals.domain.records import ApprovalRequest
from approvals.domain.terms import Event, Level, State
from approvals.settings import Settings
from approvals.store.dify_storage import DifyStorage
from approvals.wiring import wiring

_DEFAULT_POLICY = Path(__file__).parents[2] / "policies" / "default.yaml"
_NAME, _KEY, _COMMENT, _CURSOR = 400, 1_000, 4_000, 2_000  # bytes


@cache
def default_policy() -> PolicyDocument:
    """The policy that applies when a call brings none."""
    return read_policy(_DEFAULT_POLICY.read_text(encoding="utf-8"))


def desk_for(tool: Tool) -> Desk:
    """The desk of the credentials and the workspace that a call belongs to."""
    settings = Settings.from_credentials(tool.runtime.credentials)
    return wiring().desk(settings, DifyStorage(tool.session.storage), tool.session.app_id)


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
    decision = Decision(
        event=read.required_choice("event", Event),
        actor=read.text("actor", limit=_NAME),
        actor_level=read.choice("actor_level", Level),
        comment=read.text("comment", limit=_COMMENT),
        expected_version=read.integer("expected_version", low=1, high=2**31),
        idempotency_key=read.text("idempotency_key", limit=_KEY),
    )
    return request_id, decision, read.policy()


def find_order(given: Mapping[str, Any]) -> FindOrder:
    """The parameters of `find_approvals`. Raises `bad_parameter`."""
    read = Parameters(given)
    return FindOrder(
        request_id=read.request_id(),
        state=read.choice("state", State),
        level=read.choice("level", Level),
        requester=read.text("requester", limit=_NAME),
        overdue=read.boolean("overdue"),
        limit=read.limit(default=20, high=100),
        cursor=read.text("cursor", limit=_CURSOR),
        verify_ledger=read.boolean("verify_ledger"),
    )


def sweep_limit(given: Mapping[str, Any]) -> int:
    """How many overdue requests `sweep_deadlines` may move on."""
    return Parameters(given).limit(default=100, high=1_000)


def replay_order(given: Mapping[str, Any]) -> tuple[int, str]:
    """How many dead letters `replay_dead_letters` may try, and which one if only one."""
    read = Parameters(given)
    return read.limit(default=10, high=100), read.request_id()
