# SPDX-License-Identifier: Apache-2.0
"""What a worker process is told to do; apart from `worker.py`, which patches whoever imports it."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Task:
    """One worker process's part: `events` in all, of which `done` were played before it was killed.

    `url` is of a SQL store, `journal` the file to write, `died` the file of the killed predecessor or empty.
    """

    url: str
    requests: list[str]
    events: int
    greenlets: int
    seed: str
    done: int = 0
    journal: str = ""
    died: str = ""

    def as_text(self) -> str:
        """The task as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The task that `as_text` wrote."""
        return cls(**json.loads(text))
