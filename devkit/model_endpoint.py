# SPDX-License-Identifier: Apache-2.0
"""The model that a command talks to: the endpoint of `LLM_BASE_URL` if that is set, else the stub."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from devkit.llm_stub import LlmStub

STUB_KEY = "stub-key-of-the-demo"
STUB_LATENCY_MS = 38


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """Where the model is, and how a person is told."""

    base_url: str
    api_key: str
    model: str
    described: str

    def credentials(self) -> Mapping[str, str]:
        """The plugin's credentials for this endpoint."""
        return {
            "api_key": self.api_key,
            "base_url": self.base_url,
            "model": self.model,
            "deadline_seconds": "60",
            "allow_insecure_http": str(self.base_url.startswith("http://")).lower(),
        }


@contextmanager
def model_endpoint() -> Iterator[ModelEndpoint]:
    """The endpoint, for as long as the block runs. Exits with a word of advice where a variable is missing."""
    base_url = os.environ.get("LLM_BASE_URL", "")
    if base_url:
        key = os.environ.get("LLM_API_KEY", "")
        if not key:
            raise SystemExit("LLM_BASE_URL is set, but LLM_API_KEY is not: set it to the endpoint's key.")
        model = os.environ.get("LLM_MODEL", "deepseek-v3.2")
        yield ModelEndpoint(base_url, key, model, f"{model} at {base_url}")
        return
    with LlmStub(latency_ms=STUB_LATENCY_MS, api_key=STUB_KEY) as stub:
        yield ModelEndpoint(
            stub.base_url,
            STUB_KEY,
            "deepseek-v3.2",
            "a stub that answers by plain rules, priced as deepseek-v3.2",
        )
