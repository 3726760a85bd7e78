# SPDX-License-Identifier: Apache-2.0
"""What a ledger key must look like, and what it adds: nobody without it writes an entry that verifies."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.domain import ledger, transitions
from approvals.domain.canonical import digest
from approvals.domain.decisions import Decision
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys, parse_ledger_keys
from approvals.domain.records import ApprovalRecord, LedgerEntry
from approvals.domain.terms import Event, Level
from approvals.errors import ApprovalError
from tests.approvals.domain.worlds import NOW, record, request, stages_policy

POLICY = stages_policy("manager", "director")
A, B = "0123456789abcdefghijklmnopqrstuv", "vutsrqponmlkjihgfedcba9876543210"
OLD, NEW = f"2026-03-01:{A}", f"2026-03-02-b:{B}"
KEYS = parse_ledger_keys(OLD)
STEPS = (
    Decision(Event.SUBMIT),
    Decision(Event.APPROVE, "Bea", Level.MANAGER),
    Decision(Event.APPROVE, "Dan", Level.DIRECTOR),
)


def decided(*keys: LedgerKeys, start: ApprovalRecord | None = None) -> ApprovalRecord:
    """A record after a step for each of `keys`, signed under them."""
    current = start or record(POLICY)
    done = len(current.history)
    for number, (step, key) in enumerate(zip(STEPS[done:], keys, strict=False), start=done):
        current = transitions.apply(current, step, NOW + timedelta(minutes=number), POLICY, key)
    return current


@pytest.mark.parametrize("between", ["\n", " ", ", ", "\r\n  "])
def test_keys_are_read_newest_first_whatever_parts_them(between: str) -> None:
    keys = parse_ledger_keys(f" {NEW}{between}{OLD}\n")

    assert [key.key_id for key in keys.keys] == ["2026-03-02-b", "2026-03-01"]
    assert keys.newest is keys.find("2026-03-02-b")
    assert A not in repr(keys)
    assert not parse_ledger_keys(" \n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (A, "ledger_key has no ':'"),
        (f"prod:{A}", "does not begin with a day"),
        (f"2026-02-30:{A}", "does not begin with a day"),
        (f"{NEW} {A}", "key 2 of 2 has no ':'"),
        (f"{NEW}{OLD}", "has two ':'"),
        ("2026-03-01:", "secret that is empty"),
        (f"2026-03-01:{A[:31]}", "secret of 31 characters"),
        (f"2026-03-01:{'ab' * 20}", "2 of them different"),
        (f"2026-03-01:{A}\u00fc", "visible ASCII"),
        (f"{OLD} 2026-03-01:{B}", "two keys with id '2026-03-01'"),
        (f"{OLD} {NEW}", "'2026-03-01' before '2026-03-02-b', which is newer"),
        (" ".join(f"2026-03-01-{n}:{A}" for n in range(21)), "holds 21 keys and may hold 20"),
    ],
)
def test_what_is_no_key_is_refused_with_what_to_do_and_without_the_secret(text: str, told: str) -> None:
    with pytest.raises(ApprovalError, match=r"^bad_parameter: ledger_key") as caught:
        parse_ledger_keys(text)

    assert told in caught.value.message
    assert "openssl rand -hex 32" in caught.value.message
    assert A[:8] not in caught.value.message
    assert B[:8] not in caught.value.message


def test_entries_name_their_key_and_keys_may_rotate() -> None:
    both = parse_ledger_keys(f"{NEW} {OLD}")
    made = decided(KEYS, both, both)

    assert [entry.key_id for entry in made.ledger] == ["2026-03-01", "2026-03-02-b", "2026-03-02-b"]
    assert ledger.record_faults(made, both) == []
    assert ledger.missing_keys(made.ledger, KEYS) == ["2026-03-02-b"]
    assert ledger.missing_keys(made.ledger, UNKEYED) == ["2026-03-01", "2026-03-02-b"]


def test_a_chain_may_start_without_a_key_and_go_on_with_one() -> None:
    today = parse_ledger_keys(f"2026-03-02:{A}")
    made = decided(UNKEYED, today, today)

    assert [entry.key_id for entry in made.ledger] == ["", "2026-03-02", "2026-03-02"]
    assert ledger.record_faults(made, today) == []


def test_a_chain_without_a_key_stays_valid_up_to_the_day_after_the_first_key() -> None:
    made = decided(UNKEYED, UNKEYED, UNKEYED)  # on 2026-03-02

    assert ledger.record_faults(made, parse_ledger_keys(f"2026-03-02:{A}")) == []
    assert ledger.record_faults(made, parse_ledger_keys(f"2026-03-01:{A}")) == []
    faults = ledger.record_faults(made, parse_ledger_keys(f"{NEW} 2026-02-28:{A}"))
    assert any("has no key, and by the oldest in ledger_key all have one" in fault for fault in faults)


def test_an_entry_without_a_key_after_one_with_a_key_is_a_fault() -> None:
    made = decided(KEYS)
    forged = decided(UNKEYED, start=without_key_ids(made))
    mixed = made.model_copy(update={"history": (made.history[0], forged.history[1])})

    assert any("entry 2 (approve) has no key" in fault for fault in ledger.chain_faults(mixed.ledger, KEYS))


def test_nothing_is_written_without_a_key_to_a_ledger_that_has_one() -> None:
    with pytest.raises(
        ledger.LedgerKeyMissingError, match=r"written under key '2026-03-01'.*put the key back"
    ):
        decided(UNKEYED, start=decided(KEYS))


def test_a_key_with_the_right_id_and_another_secret_verifies_nothing() -> None:
    other = parse_ledger_keys(f"2026-03-01:{B}")

    faults = ledger.record_faults(decided(KEYS, KEYS), other)

    assert [f"entry {number} " in fault for number, fault in enumerate(faults, start=1)] == [True, True]


def test_an_entry_of_before_there_were_keys_has_the_hash_it_always_had() -> None:
    entry = decided(UNKEYED).ledger[0]
    later = {"acting_for", "correlation_id", "how_known", "key_id", "standing_digest"}
    signed = set(LedgerEntry.model_fields) - {"hash", *later}

    assert set(entry.model_dump()) == signed | {"hash", "how_known"}
    assert entry.hash == digest({name: entry.model_dump(mode="json")[name] for name in signed})


def dearer(made: ApprovalRecord) -> ApprovalRecord:
    return made.model_copy(update={"request": request(content="Two hundred chairs")})


def fewer_signatures(made: ApprovalRecord) -> ApprovalRecord:
    return made.model_copy(update={"stages": made.stages[:1]})


@pytest.mark.parametrize(
    ("tampered", "told"),
    [
        (dearer, "the request or its analysis was changed before entry 2"),
        (fewer_signatures, "the missing signatures were changed before entry 2"),
    ],
)
def test_what_is_changed_between_two_entries_is_found_after_the_next_signed_it(
    tampered: Any, told: str
) -> None:
    made = decided(KEYS, start=tampered(decided(KEYS)))

    assert any(told in fault for fault in ledger.record_faults(made, KEYS))


def test_the_kept_answer_is_signed_too_so_that_no_signature_is_dropped_from_both() -> None:
    made = fewer_signatures(decided(KEYS))
    step = made.history[0]
    answer = step.answer.model_copy(update={"stages_left": made.stages})
    forged = made.model_copy(update={"history": (step.model_copy(update={"answer": answer}),)})

    assert any("stages, deadline, rule or version" in fault for fault in ledger.record_faults(forged, KEYS))


def laxer_policy(made: ApprovalRecord) -> ApprovalRecord:
    return made.model_copy(update={"policy_digest": "0" * 64})


def later_deadline(made: ApprovalRecord) -> ApprovalRecord:
    return made.model_copy(update={"deadline_at": NOW + timedelta(days=365)})


def stages_of_both(made: ApprovalRecord) -> ApprovalRecord:
    step, fewer = made.history[-1], made.stages[:1]
    kept = step.model_copy(update={"answer": step.answer.model_copy(update={"stages_left": fewer})})
    return made.model_copy(update={"stages": fewer, "history": (kept,)})


def another_actor(made: ApprovalRecord) -> ApprovalRecord:
    step = made.history[-1]
    entry = step.entry.model_copy(update={"actor": "Mallory"})
    return made.model_copy(update={"history": (step.model_copy(update={"entry": entry}),)})


@pytest.mark.parametrize(
    "tampered", [dearer, fewer_signatures, laxer_policy, later_deadline, stages_of_both, another_actor]
)
def test_nobody_decides_on_a_request_that_was_changed_in_the_store(tampered: Any) -> None:
    changed = tampered(decided(KEYS))

    with pytest.raises(
        ledger.LedgerBrokenError, match=r"'r-1' does not verify \(.*changed the stored request"
    ):
        ledger.require_sound(changed, KEYS)


def test_what_stands_as_it_was_signed_goes_on_and_so_does_what_no_key_can_tell() -> None:
    for keys in (KEYS, UNKEYED):
        for number in range(4):
            ledger.require_sound(decided(*[keys] * number), KEYS)
    ledger.require_sound(dearer(decided(UNKEYED)), KEYS)
    ledger.require_sound(dearer(decided(KEYS)), parse_ledger_keys(NEW))


def test_a_changed_secret_under_the_same_id_is_told_before_anything_is_written() -> None:
    with pytest.raises(ledger.LedgerBrokenError, match="holds another secret under '2026-03-01' than before"):
        ledger.require_sound(decided(KEYS), parse_ledger_keys(f"2026-03-01:{B}"))


def without_key_ids(made: ApprovalRecord) -> ApprovalRecord:
    """The record as one writes it who has no key."""
    return decided(*[UNKEYED] * len(made.history), start=made.model_copy(update=_PENDING))


_PENDING: Any = {
    "history": (),
    "state": "pending",
    "stages": (),
    "version": 1,
    "deadline_at": None,
    "route": None,
}
