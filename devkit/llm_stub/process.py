# SPDX-License-Identifier: Apache-2.0
"""The LLM stub as a process of its own, so that its work does not count as the caller's."""

import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from devkit.llm_stub.endpoint import SCRIPT_PATH, STATS_PATH
from devkit.llm_stub.script import ScriptDocument
from devkit.llm_stub.stub import LOOPBACK, Scriptable
from devkit.llm_stub.tls import Tls

KEY_VARIABLE: Final = "LLM_STUB_API_KEY"
"""The key goes through the environment, since every user of a machine can read command lines."""

_ROOT: Final = Path(__file__).resolve().parents[2]
_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 5.0


class StubProcess(Scriptable):
    """Like `LlmStub`, in a child process that ends with this one. Its counts are in `stats()`."""

    def __init__(
        self,
        *,
        latency_ms: float = 0.0,
        api_key: str = "",
        models: Sequence[str] = (),
        port: int = 0,
        tls: Tls | None = None,
    ) -> None:
        self.port = port
        self._tls = tls
        self._api_key = api_key
        self._command = [sys.executable, "-m", "devkit.llm_stub", "--until-stdin-closes"]
        self._command += ["--latency-ms", str(latency_ms), "--models", ",".join(models)]
        if tls:
            self._command += ["--certificate", str(tls.certificate), "--key", str(tls.key)]
            self._command += ["--oldest-tls", tls.oldest.name, "--newest-tls", tls.newest.name]
        self._child: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"<StubProcess {self.base_url}, {f'process {self.pid}' if self._child else 'stopped'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """What a client is given as `base_url`."""
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}/v1"

    @property
    def pid(self) -> int:
        """The child's process id; 0 while it is stopped."""
        return self._child.pid if self._child else 0

    def start(self) -> Self:
        """Start, and wait until it listens. Raises `RuntimeError` with what it said when it does not."""
        if self._child is not None:
            return self
        environment = {**os.environ, KEY_VARIABLE: self._api_key, "PYTHONPATH": str(_ROOT)}
        with tempfile.TemporaryDirectory(prefix="llm-stub-") as folder:
            port_file = Path(folder) / "port"
            with (Path(folder) / "log").open("wb") as log:
                self._child = subprocess.Popen(  # noqa: S603 - our own module
                    [*self._command, "--port", str(self.port), "--port-file", str(port_file)],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                )
            try:
                self.port = self._port_in(port_file)
            except RuntimeError:
                self.stop()
                said = (Path(folder) / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the stub did not start:\n{said}") from None
        return self

    def stop(self) -> None:
        """End it. A second call does nothing."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin:
            child.stdin.close()
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def apply(self, document: ScriptDocument) -> None:
        """Raises `RuntimeError` when the stub refuses it."""
        self._ask("POST", SCRIPT_PATH, document.model_dump_json().encode())

    def stats(self) -> dict[str, float]:
        """`count`, `in_flight`, `max_in_flight`, `connections`, `rules_left`; `cpu_seconds` of the process."""
        found: dict[str, float] = self._ask("GET", STATS_PATH)
        return found

    def _ask(self, method: str, path: str, body: bytes = b"") -> Any:
        connection = self._connection()
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"the stub answered {answer.status}: {said.decode(errors='replace')[:500]}")
        return json.loads(said)

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(LOOPBACK, self.port, timeout=_STOP_SECONDS)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is our own child
        return http.client.HTTPSConnection(LOOPBACK, self.port, timeout=_STOP_SECONDS, context=context)

    def _port_in(self, file: Path) -> int:
        limit = time.monotonic() + _START_SECONDS
        while time.monotonic() < limit and self._child and self._child.poll() is None:
            if file.exists():  # it is moved there in one step, so it is whole
                return int(file.read_text())
            time.sleep(0.02)
        raise RuntimeError
