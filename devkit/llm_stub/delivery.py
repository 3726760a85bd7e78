# SPDX-License-Identifier: Apache-2.0
"""The outcomes that are a bad connection: how a reply goes out when it does not simply go out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from devkit.llm_stub.reply import Reply
from devkit.llm_stub.script import Outcome, Rule

_DRIP_SECONDS: Final = 0.1
_SLOW_CLOSE_SECONDS: Final = 1.0
_BEFORE_RESET_SECONDS: Final = 0.05  # so that the client can have read what came before
_HUGE_PIECE: Final = 64 * 1024


class Wire(Protocol):
    """What a delivery can do to a connection."""

    def write(self, data: bytes) -> None:
        """Send now, or as soon as the client takes it."""
        ...

    async def drained(self) -> None:
        """Wait until the client has taken most of what was written."""
        ...

    def close(self) -> None:
        """Close in good order, after what was written."""
        ...

    def reset(self) -> None:
        """Close with a TCP RST."""
        ...


async def _reset_before(wire: Wire, reply: Reply, rule: Rule) -> None:  # noqa: ARG001
    wire.reset()


async def _reset_in_body(wire: Wire, reply: Reply, rule: Rule) -> None:  # noqa: ARG001
    wire.write(reply.measured_head() + reply.body[: len(reply.body) // 2])
    await asyncio.sleep(_BEFORE_RESET_SECONDS)
    wire.reset()


async def _hang(wire: Wire, reply: Reply, rule: Rule) -> None:  # noqa: ARG001
    await asyncio.get_running_loop().create_future()  # until the client leaves or the stub stops


async def _drip(wire: Wire, reply: Reply, rule: Rule) -> None:
    wire.write(reply.measured_head())
    await _bytewise(wire, reply.body, rule)


async def _drip_head(wire: Wire, reply: Reply, rule: Rule) -> None:
    await _bytewise(wire, reply.measured_head() + reply.body, rule)


async def _bytewise(wire: Wire, data: bytes, rule: Rule) -> None:
    pause = _DRIP_SECONDS if rule.seconds is None else rule.seconds
    for place in range(len(data)):
        await asyncio.sleep(pause)
        wire.write(data[place : place + 1])


async def _slow_close(wire: Wire, reply: Reply, rule: Rule) -> None:
    wire.write(reply.head("", close=True) + reply.body)
    await asyncio.sleep(_SLOW_CLOSE_SECONDS if rule.seconds is None else rule.seconds)
    wire.close()


async def _half_reply(wire: Wire, reply: Reply, rule: Rule) -> None:  # noqa: ARG001
    wire.write(reply.measured_head() + reply.body[: len(reply.body) // 2])
    wire.close()


async def _huge_reply(wire: Wire, reply: Reply, rule: Rule) -> None:
    wire.write(reply.head("Transfer-Encoding: chunked"))
    piece = b"%x\r\n%b\r\n" % (_HUGE_PIECE, b" " * _HUGE_PIECE)
    whole, rest = divmod(rule.size, _HUGE_PIECE)
    for _ in range(whole):
        wire.write(piece)
        await wire.drained()
    if rest:
        wire.write(b"%x\r\n%b\r\n" % (rest, b" " * rest))
    wire.write(b"0\r\n\r\n")


DELIVERIES: Final[dict[Outcome, Callable[[Wire, Reply, Rule], Awaitable[None]]]] = {
    Outcome.RESET_BEFORE: _reset_before,
    Outcome.RESET_IN_BODY: _reset_in_body,
    Outcome.HANG: _hang,
    Outcome.DRIP: _drip,
    Outcome.DRIP_HEAD: _drip_head,
    Outcome.SLOW_CLOSE: _slow_close,
    Outcome.HALF_REPLY: _half_reply,
    Outcome.HUGE_REPLY: _huge_reply,
}
"""How each sends the reply; those that do not close the connection leave it usable."""
