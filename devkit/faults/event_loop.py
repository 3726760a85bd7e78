# SPDX-License-Identifier: Apache-2.0
"""One asyncio loop in a thread of its own, for the servers that a test or a demo starts inside its process.

One for all of them: where gevent has patched the threads (importing the plugin's SDK does), they are greenlets of
one real thread, in which asyncio allows no second loop.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Final

ANSWER_SECONDS: Final = 10.0


class LoopThread:
    """Runs coroutines for other threads. Made by `borrow`, ended by the last `give_back`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="devkit-loop", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<LoopThread, {'running' if self._thread.is_alive() else 'stopped'}>"

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` in the loop and wait for it. Raises what it raises, `TimeoutError` after ten seconds."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_SECONDS)

    def stop(self) -> None:
        """Cancel what still runs, and end the thread."""
        self.run(_cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()


_lock: Final = threading.Lock()
_shared: LoopThread | None = None
_users = 0


def borrow() -> LoopThread:
    """The loop of this process, started if nobody uses it yet. Whoever borrows it gives it back once."""
    global _shared, _users  # noqa: PLW0603 - there is one per process
    with _lock:
        if _shared is None:
            _shared = LoopThread()
        _users += 1
        return _shared


def give_back() -> None:
    """The borrower has ended all that it had running; the last one's loop is stopped."""
    global _shared, _users  # noqa: PLW0603
    with _lock:
        _users -= 1
        if _users == 0 and _shared is not None:
            _shared.stop()
            _shared = None


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=ANSWER_SECONDS / 2)
