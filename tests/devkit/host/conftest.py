# SPDX-License-Identifier: Apache-2.0
"""A tiny real plugin on the real SDK, one running host to share, and plugins played by a script."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devkit.host import HostStorage, PluginHost

Scripted = Callable[[str], PluginHost]

# What a script may use: say(frame) writes a line, in_session(id, type, data) one of a session, hear() reads
# the next request. It starts with a declaration and ends its start-up with a heartbeat.
_PRELUDE = """
import json, os, signal, sys, time
def write(text):
    sys.stdout.write(text + "\\n")
    sys.stdout.flush()
def say(frame):
    write(json.dumps(frame) + "\\n")
def in_session(session_id, kind, data):
    say({"event": "session", "session_id": session_id, "data": {"type": kind, "data": data}})
def hear():
    return json.loads(sys.stdin.readline())
permission = {"storage": {"enabled": True, "size": 100}, "tool": {"enabled": False}}
say({"author": "acme", "name": "scripted", "resource": {"permission": permission}})
say({"event": "heartbeat", "session_id": None, "data": {}})
"""


@pytest.fixture(scope="session")
def tiny_plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a plugin of its own, so that nothing is written into the repository."""
    source = Path(__file__).parent / "tiny_plugin"
    return Path(shutil.copytree(source, tmp_path_factory.mktemp("plugin") / "tiny"))


@pytest.fixture(scope="session")
def running(tiny_plugin: Path) -> Iterator[PluginHost]:
    """A host for tests that leave the process and the default workspace as they were."""
    with PluginHost(cwd=tiny_plugin, credentials={"key": "saved"}) as host:
        yield host


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Scripted]:
    """Starts a plugin that is only a script, for what the SDK would never do."""
    hosts: list[PluginHost] = []

    def start(script: str) -> PluginHost:
        command = [sys.executable, "-c", _PRELUDE + script]
        hosts.append(PluginHost(command, cwd=tmp_path, storage=HostStorage()))
        return hosts[-1].start()

    yield start
    for host in hosts:
        host.stop(grace=1)
