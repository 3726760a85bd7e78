# SPDX-License-Identifier: Apache-2.0
"""The JSON documents of an OpenAI-compatible endpoint: completion, list of models, error."""

import math
from collections.abc import Sequence
from typing import Any, Final

from approvals.text.json_text import json_bytes

BYTES_PER_TOKEN: Final = 3.3
"""UTF-8 bytes per token. The vocabulary o200k has 3.16 for purchase texts, 2.89 for JSON, 3.88 for German."""

_PIECE: Final = 40
"""Characters in an event."""

Document = dict[str, Any]


def tokens(text: str) -> int:
    """About how many tokens a model would count: UTF-8 bytes divided by 3.3, rounded up."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_PER_TOKEN)


def completion(number: int, created: int, model: str, contents: Sequence[str], reply: str) -> Document:
    """A finished `chat.completion` with `reply` as the model's words. `created` is in Unix seconds."""
    prompt_tokens = sum(map(tokens, contents))
    completion_tokens = tokens(reply)
    message = {"role": "assistant", "content": reply}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def events_of(document: Document) -> bytes:
    """A completion as a stream of server-sent events: its text in pieces, then its end, then the usage."""
    choice = document["choices"][0]
    text = str(choice["message"]["content"])
    deltas: list[Document] = [{"content": text[at : at + _PIECE]} for at in range(0, len(text), _PIECE)]
    chunks = [_chunk(document, choices=[{"index": 0, "delta": delta}]) for delta in deltas]
    chunks.append(
        _chunk(document, choices=[{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}])
    )
    chunks.append(_chunk(document, choices=[], usage=document["usage"]))
    return b"".join([b"data: %b\n\n" % json_bytes(chunk) for chunk in chunks]) + b"data: [DONE]\n\n"


def _chunk(document: Document, **fields: Any) -> Document:
    return {"id": document["id"], "object": "chat.completion.chunk", "model": document["model"], **fields}


def model_list(models: Sequence[str]) -> Document:
    """What GET /models answers."""
    entries = [{"id": model, "object": "model", "created": 0, "owned_by": "stub"} for model in models]
    return {"object": "list", "data": entries}


def error(message: str, kind: str, code: str | None = None, param: str | None = None) -> Document:
    """An error in OpenAI's shape."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
