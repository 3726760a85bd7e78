# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to requests in whatever order, budgets hold what is approved or open, and nothing else."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level, State
from approvals.errors import ApprovalError
from tests.approvals.service.test_budgeting import policy, spent
from tests.approvals.service.test_comparing import World

_IDS = [f"r-{number}" for number in range(3)]
_OVER = {State.REJECTED, State.WITHDRAWN, State.EXPIRED}
_SIGNERS = {"Dan": Level.DIRECTOR, "Vic": Level.VP}
POLICY = policy()

ids = st.sampled_from(_IDS)
facts = st.fixed_dictionaries(
    {
        "amount": st.sampled_from([Decimal(40), Decimal(501)]),
        "cost_center": st.sampled_from(["4711", "4711", "42"]),
    }
)
_theirs = st.sampled_from([Event.APPROVE, Event.REJECT, Event.RETURN, Event.ESCALATE])
_own = st.sampled_from([Event.SUBMIT, Event.RESUBMIT, Event.WITHDRAW])
events = st.one_of(
    st.tuples(st.just("revise"), ids, facts),
    st.tuples(st.just("revise"), ids, facts),
    st.tuples(st.sampled_from(sorted(_SIGNERS)), ids, _theirs),
    st.tuples(st.sampled_from(sorted(_SIGNERS)), ids, st.just(Event.RETURN)),
    st.tuples(st.just("Ann"), ids, _own),
    st.tuples(st.sampled_from(["sweep", "restart"]), st.just(""), st.none()),
)


def _happens(world: World, what: str, request_id: str, more: Any) -> None:
    match what:
        case "revise":
            world.analyze("", POLICY, revision_of=request_id, **more)
        case "sweep":
            world.pass_hours(30)
            world.sweep()
        case "restart":
            world.restart()
        case _:
            world.decide(request_id, more, what, actor_level=_SIGNERS.get(what), comment="Why?")


def _takes(record: ApprovalRecord) -> Decimal:
    content = record.next_revision.request if record.next_revision else record.request
    counts = record.state not in _OVER and content.cost_center == "4711"
    return content.amount if counts and content.amount else Decimal(0)


@settings(deadline=None, max_examples=60)
@given(st.lists(facts, min_size=3, max_size=3), st.lists(events, min_size=5, max_size=25))
def test_a_budget_holds_what_is_approved_or_open_and_nothing_else(
    asked: list[dict[str, Any]], steps: list[tuple[str, str, Any]]
) -> None:
    world = World()
    for request_id, given_facts in zip(_IDS, asked, strict=True):
        world.analyze(request_id, POLICY, **given_facts)
        world.decide(request_id, Event.SUBMIT)
    for step in steps:
        with suppress(ApprovalError):
            _happens(world, *step)

    assert spent(world) == sum(_takes(world.store.load(request_id)) for request_id in _IDS)
