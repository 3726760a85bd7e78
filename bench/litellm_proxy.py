# SPDX-License-Identifier: Apache-2.0
"""LiteLLM's proxy as a process of its own, with one deployment and its own defaults."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.bare_call import BareCaller
from bench.peer_process import other_python
from bench.samples import ROOT, Parameters
from devkit.servers import free_port

_START_SECONDS: Final = 120.0
_KEY: Final = "sk-of-the-bench"  # the proxy wants one that begins so


class LiteLlmProxy:
    """A running proxy in front of the endpoint. Raises `RuntimeError` with its last words when it does not answer."""

    def __init__(self, base_url: str, api_key: str, body: Parameters) -> None:
        self.base_url = f"http://127.0.0.1:{free_port()}/v1"
        self.api_key = _KEY
        self._folder = tempfile.TemporaryDirectory(prefix="litellm-proxy-")
        config = Path(self._folder.name) / "config.yaml"  # JSON is YAML
        deployment = {"model": f"openai/{body['model']}", "api_base": base_url, "api_key": api_key}
        models = [{"model_name": body["model"], "litellm_params": deployment}]
        config.write_text(json.dumps({"model_list": models, "general_settings": {"master_key": _KEY}}))
        self._log = Path(self._folder.name) / "log"
        port = self.base_url.removesuffix("/v1").rpartition(":")[2]
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [
                    other_python().with_name("litellm"),
                    "--config",
                    config,
                    "--host",
                    "127.0.0.1",
                    "--port",
                    port,
                ],
                cwd=ROOT,
                env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
                stdout=log,
                stderr=log,
            )
        try:
            self._wait(body)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it."""
        self._child.terminate()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._folder.cleanup()

    def _wait(self, body: Parameters) -> None:
        """Until it answers a call."""
        limit = time.monotonic() + _START_SECONDS
        while time.monotonic() < limit and self._child.poll() is None:
            try:
                with BareCaller(self.base_url, self.api_key, body) as caller:
                    caller.seconds()
            except (OSError, RuntimeError):
                time.sleep(0.5)
            else:
                return
        raise RuntimeError(f"LiteLLM's proxy did not start:\n{self._log.read_text(errors='replace')[-2000:]}")
