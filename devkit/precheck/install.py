# SPDX-License-Identifier: Apache-2.0
"""The marketplace's install test: the unpacked package starts as a server within 20 s and answers HTTP."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx

from devkit.precheck.remark import Remark, blocks

_LIMIT: Final = 20.0
_AGAIN: Final = 0.1
_FINE: Final = frozenset({200, 404})


def install_test(package: Path) -> Iterator[Remark]:
    """Start `python -m main` of the package with INSTALL_METHOD=serverless. Needs the requirements to be installed."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        port = _free_port()
        environment = {
            **os.environ,
            "INSTALL_METHOD": "serverless",
            "SERVERLESS_HOST": "127.0.0.1",
            "SERVERLESS_PORT": str(port),
        }
        with subprocess.Popen(
            [sys.executable, "-m", "main"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            status = _status(port, process)
            process.kill()
            said, _ = process.communicate()
        if status not in _FINE:
            yield blocks(
                f"started as a server, the package answered {status or 'nothing'} within {_LIMIT:.0f} s: {said[-500:]}"
            )


def _status(port: int, process: subprocess.Popen[str]) -> int | None:
    """The status that the server answers with; None where it ends or says nothing in time."""
    ends = time.monotonic() + _LIMIT
    while time.monotonic() < ends and process.poll() is None:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/", timeout=_LIMIT, trust_env=False).status_code
        except httpx.TransportError:
            time.sleep(_AGAIN)
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
