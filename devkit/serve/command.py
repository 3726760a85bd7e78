# SPDX-License-Identifier: Apache-2.0
"""`devkit serve`: the plugin as a process, its endpoints over HTTP, and a model stub where no model is named."""

import base64
import secrets
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from devkit.host import PluginHost
from devkit.llm_stub import LlmStub
from devkit.serve.server import EndpointServer

ROOT = Path(__file__).parents[2]


def serve(port: int, credentials: Path | None, settings: Mapping[str, str]) -> int:
    """Serve until interrupted. 0 in the end, 2 when the file or the port cannot be used."""
    given = {name: value or _made_up(name) for name, value in settings.items()}
    try:
        with (
            _credentials(credentials) as known,
            PluginHost(cwd=ROOT, credentials=known) as host,
            EndpointServer(host, given, port) as server,
        ):
            _tell(server.url, settings, given, known)
            wait()
    except (OSError, yaml.YAMLError, ValueError) as error:
        print(f"serve: {error}", file=sys.stderr)
        return 2
    return 0


@contextmanager
def _credentials(file: Path | None) -> Iterator[Mapping[str, Any]]:
    """Those in a YAML or JSON file, or those of a model stub that runs meanwhile. Raises `ValueError`."""
    if file is not None:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(loaded, dict):
            raise ValueError(f"{file} must hold the provider's credentials as names and values")
        yield {name: str(value) for name, value in loaded.items()}
        return
    key = secrets.token_hex(16)
    with LlmStub(latency_ms=300, api_key=key) as stub:
        yield {"api_key": key, "base_url": stub.base_url, "allow_insecure_http": "true"}


def _made_up(name: str) -> str:
    if name == "signing_secret":
        return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    return secrets.token_hex(16)


def _tell(
    url: str, asked: Mapping[str, str], given: Mapping[str, str], credentials: Mapping[str, Any]
) -> None:
    """Where it answers. A secret is printed only when it was made up here, for this run."""
    print(f"Endpoint:       {url}")
    for name, value in given.items():
        print(f"{name + ':':<15} {value if not asked[name] else '(as given)'}")
    print(f"Model:          {credentials.get('base_url', 'the default of base_url')}")
    print(f"Desk:           {url}/desk")
    print(f"\nTry:  curl -H 'Authorization: Bearer API_TOKEN' {url}/health")
    print("Records are kept in memory unless the credentials name a store_url. Stop with Ctrl-C.", flush=True)


def wait() -> None:
    """Return when somebody stops the program."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
