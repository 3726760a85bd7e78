# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that spoils connections, with Toxiproxy's vocabulary."""

from devkit.faults.proxy import FaultProxy
from devkit.faults.toxics import (
    Bandwidth,
    Direction,
    Latency,
    LimitData,
    PlacedToxic,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
    Toxic,
)

__all__ = [
    "Bandwidth",
    "Direction",
    "FaultProxy",
    "Latency",
    "LimitData",
    "PlacedToxic",
    "ResetPeer",
    "Slicer",
    "SlowClose",
    "Timeout",
    "Toxic",
]
