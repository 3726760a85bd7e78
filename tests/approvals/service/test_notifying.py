# SPDX-License-Identifier: Apache-2.0
"""What is decided is told at least once, and nothing that was not decided is told."""

from collections import Counter
from datetime import timedelta

import pytest

from approvals.domain.notices import Notice, NoticeKind
from approvals.domain.terms import Event, Level, State
from approvals.errors import ApprovalError
from approvals.llm import Deadline
from approvals.notifications.formats import NotifyFormat
from approvals.notifications.sending import Outcome
from approvals.service.deciding import Deciding
from approvals.service.notifying import Notifying
from approvals.service.sweeping import Sweeping
from tests.approvals.domain.worlds import stages_policy
from tests.approvals.service.worlds import ServiceWorld

TWO = stages_policy("manager", "director")


class Receiver:
    """The other side: away while `down`."""

    def __init__(self) -> None:
        self.down = False
        self.got: list[Notice] = []
        self.tries = 0
        self.resting = False

    def send(self, notice: Notice, deadline: Deadline) -> Outcome:
        assert deadline.remaining() > 0
        self.tries += 1
        if self.down:
            return Outcome(delivered=False, reason="away")
        self.got.append(notice)
        return Outcome(delivered=True)


class NotifiedWorld(ServiceWorld):
    """A workspace that tells a receiver."""

    def __init__(self, kind: NotifyFormat = NotifyFormat.SLACK) -> None:
        self.receiver = Receiver()
        self.outcomes: Counter[str] = Counter()
        self.kind = kind
        super().__init__()

    def _restart(self) -> None:
        super()._restart()
        self.notifying = Notifying(
            self.store, self.clock, self.receiver, self.kind, lambda _kind, how: self.outcomes.update([how])
        )
        self.deciding = Deciding(self.store, self.clock, notifier=self.notifying)

    def sweep(self) -> list[str]:
        notifier = self.notifying.deferred()
        deciding = Deciding(self.store, self.clock, notifier=notifier)
        return list(Sweeping(self.store, deciding, self.clock, notifier).sweep(100).delivered)


def told(world: NotifiedWorld) -> list[tuple[NoticeKind, str, State]]:
    return [(notice.kind, notice.level, notice.state) for notice in world.receiver.got]


def test_each_level_is_told_when_it_is_asked_and_everybody_when_it_is_decided() -> None:
    world = NotifiedWorld()
    world.submitted("PO-1", TWO)
    world.decide("PO-1", Event.APPROVE, "Kim", actor_level=Level.MANAGER)
    world.decide("PO-1", Event.REJECT, "Lou", actor_level=Level.DIRECTOR)

    assert told(world) == [
        (NoticeKind.OPENED, "manager", State.UNDER_REVIEW),
        (NoticeKind.OPENED, "director", State.UNDER_REVIEW),
        (NoticeKind.DECIDED, "", State.REJECTED),
    ]
    assert world.store.count_notices(10) == (0, 0)
    ledger = world.store.load("PO-1").ledger
    assert [notice.entry_hash for notice in world.receiver.got] == [entry.hash for entry in ledger]


def test_another_signature_of_the_same_level_is_told_to_whoever_is_left() -> None:
    listed = [
        {"name": name, "email": f"{name.lower()}@firm.example", "levels": ["manager"]}
        for name in ("Kim", "Lou", "Max")
    ]
    world = NotifiedWorld()
    world.submitted("PO-1", stages_policy({"level": "manager", "signatures": 2}, people=listed))
    world.decide("PO-1", Event.APPROVE, "Lou", actor_level=Level.MANAGER)

    asked = [(notice.kind, notice.level, notice.approver_emails) for notice in world.receiver.got]
    kim, lou, max_ = (person["email"] for person in listed)
    assert asked == [
        (NoticeKind.OPENED, "manager", (kim, lou, max_)),
        (NoticeKind.OPENED, "manager", (kim, max_)),
    ]
    assert "another manager signs next" in world.receiver.got[1].reason


def test_a_question_goes_to_the_requester_and_the_answer_back_to_the_level() -> None:
    world = NotifiedWorld()
    world.submitted("PO-1")
    world.decide("PO-1", Event.RETURN, "Kim", actor_level=Level.MANAGER, comment="Which desk?")
    world.decide("PO-1", Event.RESUBMIT, "Ann", comment="The white one.")

    assert [kind for kind, _, _ in told(world)] == [
        NoticeKind.OPENED,
        NoticeKind.RETURNED,
        NoticeKind.OPENED,
    ]


def test_a_reminder_is_delivered_by_the_sweep_once() -> None:
    world = NotifiedWorld()
    record = world.submitted("PO-1")
    world.receiver.got.clear()
    for _ in range(2):
        world.notifying.deferred().remind(record, None, 1)

    assert world.sweep() == ["PO-1"]
    assert [kind for kind, _, _ in told(world)] == [NoticeKind.REMINDED]


@pytest.mark.parametrize("kind", [NotifyFormat.SLACK, NotifyFormat.STANDARD_WEBHOOKS])
def test_nobody_is_reminded_of_what_was_decided_meanwhile(kind: NotifyFormat) -> None:
    world = NotifiedWorld(kind)
    record = world.submitted("PO-1")
    world.notifying.deferred().remind(record, None, 1)
    world.decide("PO-1", Event.APPROVE, "Kim", actor_level=Level.MANAGER)
    world.receiver.got.clear()

    assert world.sweep() == []
    assert world.store.count_notices(10) == (0, 0)


def test_a_refused_event_tells_nobody() -> None:
    world = NotifiedWorld()
    world.submitted("PO-1", TWO)
    world.receiver.got.clear()
    world.decide("PO-1", Event.APPROVE, "Kim", expected_version=99)
    assert world.receiver.got == []
    assert world.store.count_notices(10) == (0, 0)


def test_what_did_not_arrive_is_delivered_by_the_sweep() -> None:
    world = NotifiedWorld()
    world.receiver.down = True
    world.submitted("PO-1")
    assert world.store.count_notices(10) == (1, 0)
    world.receiver.down = False

    assert world.sweep() == [], "its next attempt is five seconds later"
    world.pass_hours(6 / 3_600)
    assert world.sweep() == ["PO-1"]
    assert world.store.count_notices(10) == (0, 0)


def test_while_the_receiver_rests_after_a_failure_no_decision_waits_for_it() -> None:
    world = NotifiedWorld()
    world.receiver.resting = True
    world.submitted("PO-1")

    assert world.receiver.tries == 0
    assert world.sweep() == ["PO-1"], "the sweep tries at once"


def test_after_the_schedule_of_standard_webhooks_it_is_given_up() -> None:
    world = NotifiedWorld(NotifyFormat.STANDARD_WEBHOOKS)
    world.receiver.down = True
    world.submitted("PO-1")
    started = world.clock.now()
    while world.store.count_notices(10).waiting:
        world.pass_hours(1 / 60)
        world.notifying.deferred().deliver_due(10, Deadline.after(world.clock, 200))

    assert world.receiver.tries == 10
    assert timedelta(hours=75) < world.clock.now() - started < timedelta(hours=78)
    assert world.store.count_notices(10) == (0, 1)
    assert world.outcomes == {"failed": 9, "given_up": 1}


def test_a_crash_between_the_notice_and_the_delivery_loses_nothing() -> None:
    world = NotifiedWorld()
    world.analysed("PO-1")
    world.deciding = Deciding(world.store, world.clock, notifier=world.notifying.deferred())
    world.decide("PO-1", Event.SUBMIT)  # as if the process had died before it could deliver
    world._restart()
    assert world.sweep() == ["PO-1"]


def test_a_notice_whose_event_was_never_written_is_dropped() -> None:
    world = NotifiedWorld()
    world.submitted("PO-1", TWO)
    ghost = world.receiver.got[0].model_copy(
        update={"notice_id": "PO-1/2", "sequence": 2, "entry_hash": "0" * 64, "next_at": world.clock.now()}
    )
    world.receiver.got.clear()
    world.store.put_notice(ghost)
    world.store.put_notice(ghost.model_copy(update={"notice_id": "PO-9/1", "request_id": "PO-9"}))

    assert world.sweep() == []
    assert world.receiver.got == []
    assert world.store.count_notices(10) == (0, 0)


@pytest.mark.parametrize("kind", [NotifyFormat.SLACK, NotifyFormat.STANDARD_WEBHOOKS])
def test_a_chat_is_not_asked_for_what_was_decided_meanwhile(kind: NotifyFormat) -> None:
    world = NotifiedWorld(kind)
    world.receiver.down = True
    world.submitted("PO-1")
    world.decide("PO-1", Event.APPROVE, "Kim", actor_level=Level.MANAGER)
    world.receiver.down = False
    world.pass_hours(1)
    world.sweep()

    kinds = [notice.kind for notice in world.receiver.got]
    opened = [NoticeKind.OPENED] if kind is NotifyFormat.STANDARD_WEBHOOKS else []
    assert kinds == [*opened, NoticeKind.DECIDED]


def test_a_receiver_that_is_away_holds_no_sweep_up() -> None:
    world = NotifiedWorld()
    world.receiver.down = True
    for number in range(20):
        world.submitted(f"PO-{number}")
    world.pass_hours(1)
    world.receiver.tries = 0
    world.sweep()
    assert world.receiver.tries == 3


def test_a_decision_stands_when_its_notice_cannot_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    world = NotifiedWorld()
    world.analysed("PO-1")

    def full(_notice: Notice) -> None:
        from approvals.errors import ErrorCode

        raise ApprovalError(ErrorCode.STORE_FULL, "full")

    monkeypatch.setattr(world.store, "put_notice", full)
    assert world.decide("PO-1", Event.SUBMIT).answer is not None
    assert [notice.kind for notice in world.receiver.got] == [NoticeKind.OPENED]


def test_the_loser_of_a_race_takes_no_notice_of_the_winner_away() -> None:
    world = NotifiedWorld()
    world.submitted("PO-1")
    record = world.store.load("PO-1")
    world.receiver.down = True
    world.decide("PO-1", Event.APPROVE, "Kim", actor_level=Level.MANAGER)

    entry = record.history[-1].entry.model_copy(update={"hash": "f" * 64, "sequence": 2})
    lost = record.model_copy(
        update={
            "state": State.REJECTED,
            "history": (*record.history, record.history[-1].model_copy(update={"entry": entry})),
        }
    )
    world.notifying.cancel(world.notifying.prepare(lost, None))
    world.receiver.down = False
    world.pass_hours(1)

    assert world.sweep() == ["PO-1"]
