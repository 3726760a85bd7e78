# SPDX-License-Identifier: Apache-2.0
"""One worker process: `python -m devkit.history.worker` with its task as JSON.

It patches itself as Dify's SDK patches the plugin, before anything else is imported.
"""

# isort: off
from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from approvals.clock import SystemClock  # noqa: E402
from approvals.store.sql.factory import open_sql_store  # noqa: E402
from devkit.history.journal import Journal, read_journals  # noqa: E402
from devkit.history.play import Player  # noqa: E402
from devkit.history.task import Task  # noqa: E402


def main() -> None:
    """Play one task."""
    task = Task.from_text(sys.argv[1])
    clock = SystemClock()
    store = open_sql_store(task.url, clock)
    journal = Journal(Path(task.journal))
    player = Player(store, task.requests, journal, clock, task.seed)
    if task.died:
        player.replay([one for one in read_journals([Path(task.died)]) if one.answered_at is None])
    player.play(task.events, task.greenlets, task.done)
    journal.close()
    store.close()


if __name__ == "__main__":
    main()
