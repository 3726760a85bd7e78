# SPDX-License-Identifier: Apache-2.0
"""What is said in one turn of the event loop leaves together, in order, and nothing is kept back."""

import ast
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
import gevent
from approvals.dify.channel.frame_buffer import outlet

writes = []
def writev(pipe, lines):
    taken = b"".join(lines)[:{most}]
    writes.append(taken)
    return len(taken)
os.writev = writev
{first}
def say(number):
    outlet.put(b"a%d " % number)
    gevent.sleep(0)
    outlet.put(b"b%d " % number)
    {more}

gevent.joinall([gevent.spawn(say, number) for number in range(3)])
gevent.sleep(0.001)
{report}(1, repr(writes).encode())
"""


def writes(
    more: str = "", first: str = "outlet.open()", most: int = 1_000_000, report: str = "os.write"
) -> list[bytes]:
    program = PROGRAM.replace("{more}", more).replace("{first}", first).replace("{most}", str(most))
    program = program.replace("{report}", report)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    parts: list[bytes] = ast.literal_eval(done.stdout)
    return parts


def test_all_that_greenlets_say_in_a_turn_is_one_write() -> None:
    assert writes() == [b"a0 a1 a2 b0 b1 b2 "]


def test_what_is_said_in_a_later_turn_follows_in_a_write_of_its_own() -> None:
    said = writes("gevent.sleep(0.001); outlet.put(b'c%d ' % number)")

    assert said[0] == b"a0 a1 a2 b0 b1 b2 "
    assert b"".join(said[1:]).split() == [b"c0", b"c1", b"c2"]


def test_before_it_is_opened_each_line_leaves_at_once() -> None:
    assert writes(first="") == [b"a0 ", b"a1 ", b"a2 ", b"b0 ", b"b1 ", b"b2 "]


@pytest.mark.parametrize("much", [33_000, 300_000])
def test_much_does_not_wait_for_the_end_of_the_turn(much: int) -> None:
    said = writes(f"outlet.put(b'x' * {much})")

    assert len(said) >= 3
    assert sum(map(len, said)) == 3 * much + 18


def test_a_write_that_ends_early_is_taken_up_where_it_ended() -> None:
    assert writes(most=5) == [b"a0 a1", b" a2 b", b"0 b1 ", b"b2 "]


def test_where_lines_can_only_be_written_one_by_one_they_all_leave_in_order() -> None:
    # `write` stands for the pipe, and the report at the end goes another way.
    alone = "del os.writev; report = os.write; os.write = lambda pipe, line: writev(pipe, [line])"
    done = writes(first=f"{alone}; outlet.open()", report="report", most=2)

    assert b"".join(done) == b"a0 a1 a2 b0 b1 b2 "
    assert max(map(len, done)) == 2


def test_more_lines_than_the_system_takes_in_one_write_all_leave() -> None:
    said = writes("for _ in range(2_000): outlet.put(b'x')")

    assert len(said) > 3
    assert sum(map(len, said)) == 6_018
