# SPDX-License-Identifier: Apache-2.0
"""What each worker asked for and was told, line by line in a file that outlives a killed process."""

import itertools
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from approvals.domain.decisions import Decision
from approvals.domain.terms import Event, IfRefused, Level


class Outcome(StrEnum):
    """What a worker knows of an operation. An operation without an answer is unknown: it may have happened."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Operation:
    """One attempt at one step of one request. Times are nanoseconds of the machine's monotonic clock.

    `step` names what is attempted: it is the comment of the decision, and a repeat carries the same one.
    """

    name: str
    request_id: str
    step: str
    event: Event
    actor: str
    actor_level: Level | None
    idempotency_key: str
    expected_version: int | None
    if_refused: IfRefused
    invoked_at: int
    answered_at: int | None = None
    outcome: Outcome = Outcome.UNKNOWN
    code: str = ""
    seen_version: int = 0
    version: int = 0
    entry_hash: str = ""
    replayed: bool = False

    @property
    def decision(self) -> Decision:
        """The decision that was asked for."""
        return Decision(
            event=self.event,
            actor=self.actor,
            actor_level=self.actor_level,
            comment=self.step,
            expected_version=self.expected_version,
            idempotency_key=self.idempotency_key,
            if_refused=self.if_refused,
        )


class Journal:
    """Writes operations to a file: a line before the attempt, a line with the answer."""

    def __init__(self, path: Path) -> None:
        self._name = path.stem
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._numbers = itertools.count(1)

    def invoke(self, request_id: str, decision: Decision) -> Operation:
        """Note that a decision is about to be tried. Without a comment it is a new step."""
        name = f"{self._name}-{next(self._numbers)}"
        operation = Operation(
            name=name,
            request_id=request_id,
            step=decision.comment or name,
            event=decision.event,
            actor=decision.actor,
            actor_level=decision.actor_level,
            idempotency_key=decision.idempotency_key,
            expected_version=decision.expected_version,
            if_refused=decision.if_refused,
            invoked_at=time.monotonic_ns(),
        )
        self._write(asdict(operation))
        return operation

    def answer(self, operation: Operation, **told: Any) -> Operation:
        """Note what came of it."""
        at = time.monotonic_ns()
        self._write({"name": operation.name, "answered_at": at, **told})
        return replace(operation, answered_at=at, **told)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(self, line: dict[str, Any]) -> None:
        # One unbuffered write for a line: it is there even if the process is killed in the next instant.
        os.write(self._file, json.dumps(line).encode() + b"\n")


def read_journals(paths: Iterable[Path]) -> Sequence[Operation]:
    """Every operation in the files, with its answer where there was one."""
    operations: dict[str, Operation] = {}
    for path in paths:
        for line in _lines(path):
            name = line["name"]
            if name in operations:
                told = {**line, "outcome": Outcome(line["outcome"])}
                operations[name] = replace(operations[name], **told)
            else:
                level = Level(line["actor_level"]) if line["actor_level"] else None
                given = {
                    "event": Event(line["event"]),
                    "actor_level": level,
                    "if_refused": IfRefused(line["if_refused"]),
                    "outcome": Outcome(line["outcome"]),
                }
                operations[name] = Operation(**{**line, **given})
    return list(operations.values())


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for text in path.read_text().splitlines(keepends=True):
        if text.endswith("\n"):  # the last line of a killed process may be half a line
            yield json.loads(text)
