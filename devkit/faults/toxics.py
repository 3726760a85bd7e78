# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a network connection, in the words and units of Toxiproxy."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way the bytes go that a toxic spoils."""

    UPSTREAM = "upstream"
    """From the client to the server."""
    DOWNSTREAM = "downstream"
    """From the server to the client."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Every byte arrives `latency_ms` later, give or take `jitter_ms`. Throughput stays as it is."""

    latency_ms: float
    jitter_ms: float = 0


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """At most `rate_kb` times 1,000 bytes per second."""

    rate_kb: float


@dataclass(frozen=True, slots=True)
class SlowClose:
    """The end of the stream is passed on `delay_ms` late."""

    delay_ms: float


@dataclass(frozen=True, slots=True)
class Timeout:
    """Nothing gets through; the connection is closed after `timeout_ms`.

    With 0 it stays open, and what is sent is lost, until the toxic is removed.
    """

    timeout_ms: float = 0


@dataclass(frozen=True, slots=True)
class ResetPeer:
    """Nothing gets through; `timeout_ms` after the first data that meets it, both sides are reset (TCP RST)."""

    timeout_ms: float = 0


@dataclass(frozen=True, slots=True)
class Slicer:
    """Data goes on in pieces of `average_size` bytes, give or take `size_variation`, `delay_us` apart."""

    average_size: int
    size_variation: int = 0
    delay_us: float = 0


@dataclass(frozen=True, slots=True)
class LimitData:
    """The connection is closed once `bytes` more have passed, counted from when the toxic met it."""

    bytes: int


Toxic = Latency | Bandwidth | SlowClose | Timeout | ResetPeer | Slicer | LimitData


@dataclass(frozen=True, slots=True)
class PlacedToxic:
    """A toxic at work, under the name by which it is removed."""

    name: str
    toxic: Toxic
    direction: Direction
