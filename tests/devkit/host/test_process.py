# SPDX-License-Identifier: Apache-2.0
"""A child process: its pipes, its end, what it sees of this machine."""

import queue
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devkit.host.frames import PLATFORM_LINE_LIMIT
from devkit.host.process import BASE_ENVIRONMENT, PluginProcess

Start = Callable[[str], tuple[PluginProcess, "queue.Queue[object]"]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Runs Python code as the child; what the host is told comes out of the queue."""
    started: list[PluginProcess] = []

    def run(code: str) -> tuple[PluginProcess, "queue.Queue[object]"]:
        told: queue.Queue[object] = queue.Queue()

        def on_lines(lines: list[bytes]) -> None:
            for line in lines:
                told.put(line)

        process = PluginProcess(
            [sys.executable, "-c", f"import os, signal, sys, time\n{code}"],
            cwd=tmp_path,
            env=BASE_ENVIRONMENT,
            on_lines=on_lines,
            on_broken_line=lambda size: told.put(("broken", size)),
            on_gone=lambda code: told.put(("gone", code)),
        )
        started.append(process)
        return process, told

    yield run
    for process in started:
        process.stop(grace=0)


def test_lines_go_both_ways_and_the_end_is_told_last(start: Start) -> None:
    process, told = start("print(input().upper())")

    process.write(b"hello\n")

    assert told.get(timeout=10) == b"HELLO"
    assert told.get(timeout=10) == ("gone", 0)
    assert process.wait(10)
    assert process.exit_code == 0


def test_a_child_that_writes_before_it_reads_does_not_stop_the_host(start: Start) -> None:
    """Both pipes are full here: who waits for the other to read first waits for ever."""
    size = 2_000_000
    process, told = start(f"print('x' * {size}); print(len(sys.stdin.readline()))")

    for _ in range(20):
        process.write(b"y" * (size // 20))
    process.write(b"\n")

    assert told.get(timeout=20) == b"x" * size
    assert told.get(timeout=20) == str(size + 1).encode()


def test_stop_asks_first_and_kills_when_that_does_not_help(start: Start) -> None:
    polite, told = start("print('up', flush=True); time.sleep(60)")
    told.get(timeout=10)
    assert polite.stop() == -signal.SIGTERM

    stubborn, told = start("signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)")
    told.get(timeout=10)
    assert stubborn.stop(grace=0.1) == -signal.SIGKILL
    assert stubborn.stop() == -signal.SIGKILL


def test_closing_stdout_is_the_end_of_a_plugin(start: Start) -> None:
    process, told = start("os.close(1); time.sleep(60)")

    assert told.get(timeout=10) == ("gone", -signal.SIGKILL)
    process.write(b"to nobody\n")


def test_a_line_over_the_platforms_limit_is_told_and_kills(start: Start) -> None:
    _, told = start("print('x' * 6_000_000); time.sleep(60)")

    match told.get(timeout=20):
        case ("broken", int(size)):
            assert size > PLATFORM_LINE_LIMIT
        case other:
            pytest.fail(f"told {other!r}")
    assert told.get(timeout=10) == ("gone", -signal.SIGKILL)


def test_stderr_is_kept_at_its_end(start: Start) -> None:
    process, told = start("sys.stderr.write('a' * 500_000 + 'the end')")

    assert told.get(timeout=10) == ("gone", 0)
    assert process.stderr.endswith("the end")
    assert len(process.stderr) == 64 * 1024


def test_nothing_of_this_machine_is_seen_by_the_child(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_OF_THIS_MACHINE", "1")
    _, told = start("print(sorted(set(os.environ) - {'LC_CTYPE'}))")

    assert told.get(timeout=10) == b"['INSTALL_METHOD', 'PATH']"


def test_a_command_that_does_not_exist_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PluginProcess(
            [str(tmp_path / "nothing")],
            cwd=tmp_path,
            env={},
            on_lines=print,
            on_broken_line=print,
            on_gone=print,
        )
