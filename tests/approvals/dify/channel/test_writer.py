# SPDX-License-Identifier: Apache-2.0
"""The own writer writes the frames that the SDK's writes."""

import json
import subprocess
import sys

import pytest

# In a process of its own: the SDK puts gevent in the place of the standard library as soon as it is imported.
PROGRAM = """
import sys
from types import SimpleNamespace
from dify_plugin import Tool
from dify_plugin.core.server.stdio.response_writer import StdioResponseWriter
from approvals.dify.channel.writer import FrameWriter, answer_messages

writer = {writer}()
tool = object.__new__(type("Example", (Tool,), {{"_invoke": None}}))
tool.session = SimpleNamespace(writer=writer)
tool.response_type = __import__("dify_plugin.entities.tool", fromlist=["x"]).ToolInvokeMessage
variables = {{"state": "approved", "version": 3, "cost": 0.5, "flags": [], "left": ["vp"], "over": False}}
for message in answer_messages(tool, variables, "done"):
    writer.session_message("s-1", writer.stream_object(message))
writer.session_message("s-1", writer.stream_error_object({{"error_type": "E", "message": "m", "args": {{}}}}))
writer.session_message("s-1", writer.stream_end_object())
writer.heartbeat()
writer.error("s-2", {{"error": "words"}})
"""


def frames_of(writer: str) -> list[dict[str, object]]:
    program = PROGRAM.format(writer=writer)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line]


@pytest.fixture(scope="module")
def ours() -> list[dict[str, object]]:
    return frames_of("FrameWriter")


def test_frame_by_frame_the_two_writers_agree(ours: list[dict[str, object]]) -> None:
    assert len(ours) == 12
    assert ours == frames_of("StdioResponseWriter")
