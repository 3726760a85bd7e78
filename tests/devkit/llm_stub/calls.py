# SPDX-License-Identifier: Apache-2.0
"""Chat completions as a client of the stub sends and reads them."""

import json
from typing import Any

import httpx

from devkit.llm_stub import LlmStub


def request(
    request_id: str = "r-1", content: str = "Office paper from ACME Ltd", **fields: object
) -> dict[str, Any]:
    """One entry of the user message; a small and routine one unless told otherwise."""
    entry = {"id": request_id, "content": content, "request_type": "purchase", "amount": "120.00"}
    return {**entry, "currency": "GBP", "context": {}, **fields}


def chat(*requests: dict[str, Any], model: str = "m", **fields: object) -> dict[str, Any]:
    """The body of a call with these requests."""
    document = json.dumps({"requests": requests or [request()]}, ensure_ascii=False)
    messages = [{"role": "system", "content": "Screen these."}, {"role": "user", "content": document}]
    return {"model": model, "messages": messages, **fields}


def post(
    stub: LlmStub, body: dict[str, Any] | None = None, *, key: str = "", seconds: float = 5
) -> httpx.Response:
    """The response to one call on a connection of its own. Never follows a redirect."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = f"{stub.base_url}/chat/completions"
    with httpx.Client(timeout=seconds, trust_env=False) as client:
        return client.post(url, json=body or chat(), headers=headers)


def words_of(response: httpx.Response) -> str:
    """What the model said."""
    assert response.status_code == 200, response.text
    return str(response.json()["choices"][0]["message"]["content"])


def analyses_in(response: httpx.Response) -> list[dict[str, Any]]:
    """The analyses in it."""
    found: list[dict[str, Any]] = json.loads(words_of(response))["analyses"]
    return found
