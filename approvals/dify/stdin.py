# SPDX-License-Identifier: Apache-2.0
"""Reads what the SDK's reader gives up on: a call whose text holds half of a surrogate pair.

The SDK drops such a line, and its caller waits until a timeout. A broken half becomes U+FFFD instead, which is what
Go, and so Dify's daemon, makes of it.
"""

from typing import Final

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.core.server.__base.request_reader import RequestReader
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.stdio.request_reader import StdioRequestReader

from approvals.dify.surrogates import TELLTALE, mended

_LONGEST_TAIL: Final = 12  # bytes of an escaped pair


class MendingReader(StdioRequestReader):
    """The SDK's reader of stdin, fed with whole lines that it can read."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = b""

    def _read_async(self) -> bytes:
        data = super()._read_async()
        if (
            not self._rest
            and not any(sign in data for sign in TELLTALE)
            and data[-_LONGEST_TAIL:].count(b"\\") == 0
        ):
            return data
        lines, newline, self._rest = (self._rest + data).rpartition(b"\n")
        return mended(lines + newline)


class MendingPlugin(Plugin):
    """The SDK's plugin with that reader, where it talks over stdio."""

    def _launch_local_stream(self, config: DifyPluginEnv) -> tuple[RequestReader, ResponseWriter | None]:
        _, writer = super()._launch_local_stream(config)
        return MendingReader(), writer
