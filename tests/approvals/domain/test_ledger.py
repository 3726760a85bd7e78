# SPDX-License-Identifier: Apache-2.0
"""A ledger with anything changed does not verify, and says where."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain import ledger, transitions
from approvals.domain.decisions import Decision
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys, parse_ledger_keys
from approvals.domain.records import ApprovalRecord, LedgerEntry
from approvals.domain.terms import Event, Level
from tests.approvals.domain.worlds import NOW, record, stages_policy

STEPS = (
    Decision(Event.SUBMIT),
    Decision(Event.ESCALATE, "Bea", Level.MANAGER, "too big for me"),
    Decision(Event.APPROVE, "Dan", Level.DIRECTOR, "fine"),
    Decision(Event.REJECT, "Vic", Level.VP, "no budget"),
)

POLICY = stages_policy("manager", "vp")


DAY = NOW.date().isoformat()
KEYS = parse_ledger_keys(f"{DAY}:{'0123456789abcdef' * 2}")


def history(keys: LedgerKeys = UNKEYED) -> ApprovalRecord:
    current = record(POLICY)
    for number, step in enumerate(STEPS):
        current = transitions.apply(current, step, NOW + timedelta(minutes=number), POLICY, keys)
    return current


HISTORY, KEYED = history(), history(KEYS)
TEXT = HISTORY.model_dump_json()
EITHER = pytest.mark.parametrize(
    ("made", "keys"), [(HISTORY, UNKEYED), (KEYED, KEYS)], ids=["plain", "keyed"]
)


@EITHER
def test_an_untouched_record_verifies_also_after_a_round_trip(made: ApprovalRecord, keys: LedgerKeys) -> None:
    again = ApprovalRecord.model_validate_json(made.model_dump_json())

    assert ledger.record_faults(again, keys) == []
    assert ledger.missing_keys(again.ledger, keys) == []


@EITHER
@given(st.integers(0, len(HISTORY.ledger) - 1), st.sampled_from(sorted(LedgerEntry.model_fields)), st.data())
def test_a_changed_field_of_any_entry_is_found_and_its_entry_named(
    made: ApprovalRecord, keys: LedgerKeys, position: int, field: str, data: st.DataObject
) -> None:
    document = json.loads(made.model_dump_json())
    entry = document["history"][position]["entry"]
    entry[field] = data.draw(_other_value(field, entry.get(field, "")))
    changed = ApprovalRecord.model_validate(document)

    faults = ledger.record_faults(changed, keys)

    named = any(f"entry {position + 1} " in fault for fault in faults)
    assert named or (field == "key_id" and ledger.missing_keys(changed.ledger, keys) == [entry["key_id"]])


def _other_value(field: str, value: Any) -> st.SearchStrategy[Any]:
    choices = {
        "event": list(Event),
        "how_known": ["", "typed", "api"],
        "from_state": ["pending", "approved"],
        "to_state": ["expired", "withdrawn"],
    }
    if field in choices:
        return st.sampled_from([choice for choice in choices[field] if choice != value])
    if isinstance(value, int):
        return st.integers(0, 100).filter(lambda other: other != value)
    return st.text(max_size=70).filter(lambda other: other != value)


@given(st.integers(0, len(TEXT) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_any_changed_byte_of_the_stored_record_is_found_or_changes_nothing_that_counts(
    position: int, character: str
) -> None:
    changed_text = TEXT[:position] + character + TEXT[position + 1 :]
    try:
        changed = ApprovalRecord.model_validate_json(changed_text)
    except ValueError:
        return  # it no longer reads as a record at all

    if not ledger.record_faults(changed):
        assert changed.model_dump(exclude=_UNSIGNED) == HISTORY.model_dump(exclude=_UNSIGNED)


# What the chain does not sign: when rows were written, keys that only guard against repeats, kept answers.
_UNSIGNED: Any = {
    "created_at": True,
    "updated_at": True,
    "idempotency_key": True,
    "route": True,
    "history": {"__all__": {"idempotency_key": True, "fingerprint": True, "answer": True}},
}


@pytest.mark.parametrize(
    ("tampered", "named"),
    [
        (lambda chain: chain[1:], "entry 1 "),
        (lambda chain: chain[:1] + chain[2:], "entry 2 "),
        (lambda chain: [chain[0], chain[2], chain[1], chain[3]], "entry 2 "),
        (lambda chain: [*chain[:2], chain[1], *chain[2:]], "entry 3 "),
        (lambda chain: chain[:-1], "ledger says"),
    ],
    ids=["first removed", "middle removed", "reordered", "added", "last removed"],
)
@EITHER
def test_a_removed_moved_or_added_entry_is_found(
    made: ApprovalRecord, keys: LedgerKeys, tampered: Any, named: str
) -> None:
    changed = made.model_copy(update={"history": tuple(tampered(list(made.history)))})

    assert any(named in fault for fault in ledger.record_faults(changed, keys))


def test_a_changed_request_analysis_or_policy_is_found() -> None:
    dearer = HISTORY.model_copy(
        update={"request": HISTORY.request.model_copy(update={"content": "Two chairs"})}
    )
    laxer = HISTORY.model_copy(update={"policy": {**HISTORY.policy, "separation_of_duties": False}})

    assert any("request or its analysis" in fault for fault in ledger.record_faults(dearer))
    assert any("policy" in fault for fault in ledger.record_faults(laxer))
