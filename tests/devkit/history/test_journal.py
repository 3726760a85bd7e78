# SPDX-License-Identifier: Apache-2.0
"""A journal tells what a worker asked and was told, even when the worker was killed in the middle of a line."""

from pathlib import Path

from approvals.domain.decisions import Decision
from approvals.domain.terms import Event, Level
from devkit.history.journal import Journal, Outcome, read_journals

APPROVE = Decision(Event.APPROVE, actor="Bo", actor_level=Level.VP, expected_version=3, idempotency_key="k")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "w1.jsonl")
    first = journal.answer(
        journal.invoke("r-1", APPROVE), outcome=Outcome.OK, seen_version=3, version=4, entry_hash="abc"
    )
    again = journal.answer(
        journal.invoke("r-1", first.decision), outcome=Outcome.OK, version=4, replayed=True
    )
    journal.close()

    assert read_journals([tmp_path / "w1.jsonl"]) == [first, again]
    assert (first.step, again.step) == ("w1-1", "w1-1")
    assert first.decision.comment == first.step
    assert first.decision.actor_level is Level.VP


def test_a_killed_worker_leaves_its_last_operation_unknown(tmp_path: Path) -> None:
    path = tmp_path / "w1.jsonl"
    journal = Journal(path)
    journal.invoke("r-1", APPROVE)
    journal.answer(journal.invoke("r-2", APPROVE), outcome=Outcome.FAIL, code="version_conflict")
    journal.close()
    path.write_bytes(path.read_bytes()[:-20])

    first, second = read_journals([path])

    assert (first.outcome, first.answered_at) == (Outcome.UNKNOWN, None)
    assert (second.outcome, second.answered_at) == (Outcome.UNKNOWN, None)
