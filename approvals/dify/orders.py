# SPDX-License-Identifier: Apache-2.0
"""What a call of a tool asks for, read from its parameters."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from approvals.dify.batch_items import RequestList
from approvals.dify.parameters import CONTENT_LIMIT, Parameters
from approvals.dify.turns import Turns
from approvals.domain.decisions import Decision
from approvals.domain.facts import as_seen
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument, read_policy
from approvals.domain.records import ApprovalRequest
from approvals.domain.terms import Event, IfRefused, Language, Level, State
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.service import AnalyzeOrder, BatchOrder, FindOrder
from approvals.text.labelled_lines import LABELS, labelled_lines

_DEFAULT_POLICY = Path(__file__).parents[2] / "policies" / "default.yaml"
MOST_AT_ONCE = 500  # calls of a batch, as `max_concurrency` of the settings
_NAME, _KEY, _COMMENT, _CURSOR = 400, 1_000, 20_000, 2_000  # bytes

_CLOSED: Final = {"open": False, "closed": True}
"""Words for every state that is not final, and for those that are."""


class _Details(NamedTuple):
    """What the parameter `details` states."""

    context: Mapping[str, str]
    vendor: str = ""
    document_number: str = ""
    cost_center: str = ""


class RouteOrder(NamedTuple):
    """One event on one request, and the language of the answer."""

    request_id: str
    decision: Decision
    language: Language | None


@cache
def default_policy() -> PolicyDocument:
    """The policy that applies when a call brings none."""
    return read_policy(_DEFAULT_POLICY.read_text(encoding="utf-8"))


def analyze_order(given: Mapping[str, Any]) -> AnalyzeOrder:
    """What `analyze_approval` asks for, received now. Raises `bad_parameter` or `bad_policy`."""
    received = time.monotonic()
    read = Parameters(given)
    order = _analyze_order(read, read.policy() or default_policy(), read.text("model", limit=_NAME))
    return order._replace(received=received)


def batch_order(given: Mapping[str, Any], turns: Turns | None = None) -> BatchOrder:
    """What `analyze_batch` asks for; a bad request among good ones is in its place in the order.

    `turns` lets other calls run while the list is read.

    Raises `bad_parameter` or `bad_policy` for what is wrong with the call as a whole.
    """
    read = Parameters(given)
    policy, model = read.policy() or default_policy(), read.text("model", limit=_NAME)
    max_concurrency = read.integer("max_concurrency", low=1, high=MOST_AT_ONCE)
    requests = RequestList(given.get("requests"), turns)
    return BatchOrder(_Items(requests, policy, model), requests.total, model, max_concurrency)


@dataclass(frozen=True, slots=True)
class _Items:
    """The requests of a list, each read when it is asked for, and anew each time: together they may be large."""

    requests: RequestList
    policy: PolicyDocument
    model: str

    def __iter__(self) -> Iterator[AnalyzeOrder | ApprovalError]:
        return (_batch_item(one, self.policy, self.model) for one in self.requests)


def _batch_item(given: object, policy: PolicyDocument, model: str) -> AnalyzeOrder | ApprovalError:
    if not isinstance(given, Mapping):
        return ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"a request must be an object with at least content; found {shown(given)}",
        )
    try:
        return _analyze_order(Parameters(given), policy, model)
    except ApprovalError as error:
        return error


def _analyze_order(read: Parameters, policy: PolicyDocument, model: str) -> AnalyzeOrder:
    amount, currency = read.amount(home=policy.policy.currency)
    content = read.prose("content", limit=CONTENT_LIMIT, required=True)
    details = _details(read.text("details", limit=CONTENT_LIMIT), policy.policy)
    request = ApprovalRequest(
        request_id=read.request_id(),
        content=content,
        request_type=read.prose("request_type", limit=_NAME).casefold(),
        amount=amount,
        currency=currency,
        requester=read.prose("requester", limit=_NAME),
        vendor=read.prose("vendor", limit=_NAME) or details.vendor,
        document_number=read.prose("document_number", limit=_NAME) or details.document_number,
        document_date=read.date("document_date"),
        cost_center=read.prose("cost_center", limit=_NAME) or details.cost_center,
        priority=read.priority(),
        deadline_hours=read.hours(),
        context={**details.context, **read.json_object("context")},
        language=read.language(),
    )
    key, revised = read.text("idempotency_key", limit=_KEY), read.request_id("revision_of")
    return AnalyzeOrder(request, policy, model, key, revised)


def _details(text: str, policy: Policy) -> _Details:
    """What the labelled lines of a text state: each parameter once, the first time, and the keys that rules test."""
    stated: dict[str, str] = {}
    context: dict[str, str] = {}
    keys = {_words(key): key for key in policy.context_keys}
    for label, value in labelled_lines(text):
        seen = as_seen(label)
        if seen in LABELS:
            stated.setdefault(LABELS[seen], value)
        if _words(seen) in keys:
            context.setdefault(keys[_words(seen)], value)
    return _Details(**stated, context=context)


def _words(key: str) -> str:
    """A key as people write it: `site.country` and `site_country` are "site country"."""
    return key.replace("_", " ").replace(".", " ")


def route_order(given: Mapping[str, Any]) -> RouteOrder:
    """What `route_approval` asks for. Raises `bad_parameter`."""
    read = Parameters(given)
    request_id = read.request_id(required=True)
    decision = Decision(
        event=read.required_choice("event", Event),
        actor=read.text("actor", limit=_NAME),
        actor_level=read.choice("actor_level", Level),
        comment=read.prose("comment", limit=_COMMENT),
        expected_version=read.integer("expected_version", low=1, high=2**31),
        idempotency_key=read.text("idempotency_key", limit=_KEY),
        content_digest=read.text("content_digest", limit=_KEY).casefold(),
        if_refused=read.choice("if_refused", IfRefused) or IfRefused.STOP,
    )
    return RouteOrder(request_id, decision, read.language())


def named_request(given: Mapping[str, Any]) -> str:
    """The id in `request_id`; "" where there is none or it cannot be one."""
    try:
        return Parameters(given).request_id()
    except ApprovalError:
        return ""


def find_order(given: Mapping[str, Any]) -> FindOrder:
    """The parameters of `find_approvals`. Raises `bad_parameter`."""
    read = Parameters(given)
    closed = _CLOSED.get(read.text("state", limit=_NAME).casefold())
    return FindOrder(
        request_ids=read.request_ids(),
        state=read.choice("state", State, also=_CLOSED) if closed is None else None,
        closed=closed,
        level=read.choice("level", Level),
        requester=read.prose("requester", limit=_NAME),
        overdue=read.boolean("overdue"),
        limit=read.limit(default=20, high=100),
        cursor=read.text("cursor", limit=_CURSOR),
        verify_ledger=read.boolean("verify_ledger"),
        approver=read.text("approver", limit=_NAME),
    )


def sweep_limit(given: Mapping[str, Any]) -> int:
    """How many overdue requests `sweep_deadlines` may move on."""
    return Parameters(given).limit(default=100, high=1_000)


def replay_order(given: Mapping[str, Any]) -> tuple[int, str]:
    """How many dead letters `replay_dead_letters` may try, and which one if only one."""
    read = Parameters(given)
    return read.limit(default=10, high=100), read.request_id()
