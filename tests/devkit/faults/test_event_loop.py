# SPDX-License-Identifier: Apache-2.0
import asyncio
import threading

import pytest

from devkit.faults import event_loop
from devkit.faults.event_loop import borrow, give_back


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process may have borrowed the loop for the whole session."""
    monkeypatch.setattr(event_loop, "_shared", None)
    monkeypatch.setattr(event_loop, "_users", 0)


async def name_of_thread() -> str:
    return threading.current_thread().name


async def fail() -> None:
    raise ValueError("as told")


async def begin_waiting(cancelled: threading.Event) -> asyncio.Task[None]:
    async def wait() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            cancelled.set()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    return task


def test_work_is_done_in_the_loop_s_own_thread() -> None:
    loop = borrow()

    assert loop.run(name_of_thread()) == "devkit-loop"
    with pytest.raises(ValueError, match="as told"):
        loop.run(fail())
    give_back()


def test_all_borrowers_share_one_loop_and_the_last_one_ends_it() -> None:
    first, second = borrow(), borrow()
    cancelled = threading.Event()
    first.run(begin_waiting(cancelled))

    assert first is second
    give_back()
    assert second.run(name_of_thread()) == "devkit-loop"
    assert not cancelled.is_set()
    give_back()
    assert cancelled.is_set()
    assert "stopped" in repr(first)
    assert borrow() is not first
    give_back()
