# SPDX-License-Identifier: Apache-2.0
"""The SDK's plugin, with parts of our own where it talks over stdio and where its version is one we tested.

`make bench ARGS=channel` measures what each part brings, alone, in paired rounds; docs/benchmarks/channel.md has the
figures.
"""

import os
from collections.abc import Mapping
from enum import Flag, auto
from importlib import metadata
from typing import Final

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.core.server.__base.request_reader import RequestReader
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.stdio.response_writer import StdioResponseWriter

from approvals.dify.channel.reader import FrameReader
from approvals.dify.channel.reverse_calls import ReverseCalls
from approvals.dify.channel.writer import FrameWriter
from approvals.telemetry import get_logger

TESTED_SDK_VERSIONS: Final = frozenset({"0.10.2"})
"""The whole stdio suite runs with these, both ways."""
SETTING: Final = "APPROVALS_CHANNEL"
"""Environment variable: `sdk` uses the SDK's own reader and writer."""

_log = get_logger(__name__)


class Part(Flag):
    """A part of the SDK that is replaced."""

    WRITER = auto()
    """At 100 calls in flight: 1.4 times the requests per second, two thirds of the CPU time of a call."""
    REVERSE_CALLS = auto()
    """At 100 calls in flight: 1.17 times the requests per second, three quarters of the CPU time of a call."""


ALL_PARTS: Final = ~Part(0)


def create_plugin(config: DifyPluginEnv, environment: Mapping[str, str] = os.environ) -> Plugin:
    """The plugin for this process: with our parts, or the SDK's own where they are asked for or not tested."""
    version = metadata.version("dify-plugin")
    if environment.get(SETTING, "").strip().lower() == "sdk":
        _log.info("channel", parts="sdk", reason=f"{SETTING}=sdk")
    elif version not in TESTED_SDK_VERSIONS:
        _log.warning("channel", parts="sdk", reason=f"dify-plugin {version} is not a tested version")
    else:
        return ChannelPlugin(config)
    return Plugin(config)


class ChannelPlugin(Plugin):
    """The SDK's plugin with `parts` replaced. The benchmark leaves parts out."""

    def __init__(self, config: DifyPluginEnv, parts: Part = ALL_PARTS) -> None:
        self._parts = parts
        super().__init__(config)

    def _launch_local_stream(self, config: DifyPluginEnv) -> tuple[RequestReader, ResponseWriter | None]:
        super()._launch_local_stream(config)
        writer = FrameWriter if Part.WRITER in self._parts else StdioResponseWriter
        reverse_calls = ReverseCalls() if Part.REVERSE_CALLS in self._parts else None
        return FrameReader(writer, reverse_calls), writer()
