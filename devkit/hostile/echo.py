# SPDX-License-Identifier: Apache-2.0
"""A model endpoint that repeats the key it was sent, in every shape of reply and every spelling."""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import quote, unquote

SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "as it is": lambda key: key,
    "escaped": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "URL-encoded": lambda key: "".join(f"%{ord(character):02X}" for character in key),
    "quoted for a URL": lambda key: quote(key, safe=""),
    "base64": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "cut": lambda key: key[: len(key) - 4] + "…",
    "wrapped": lambda key: f"{key[:10]}\n{key[10:]}",
    "in JSON": lambda key: json.dumps(json.dumps({"authorization": f"Bearer {key}"})),
}


def _completion(content: Any, **choice: Any) -> bytes:
    document = {
        "model": "m",
        "choices": [
            {"message": {"role": "assistant", "content": content}, "finish_reason": "stop", **choice}
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 10},
    }
    return json.dumps(document).encode()


def _analysis(told: str, request_id: str) -> str:
    analysis = {
        "id": request_id,
        "risk_level": "low",
        "approver_level": "manager",
        "auto_approve": True,
        "confidence": 0.9,
        "summary": f"Key {told}",
        "factors": [{"claim": told, "evidence": told}],
    }
    return json.dumps({"analyses": [analysis]})


SHAPES: Final[Mapping[str, Callable[[str], "_Reply"]]] = {
    "prose": lambda told: (200, {}, _completion(told)),
    "no JSON": lambda told: (200, {}, told.encode()),
    "a string": lambda told: (200, {}, json.dumps(told).encode()),
    "a list": lambda told: (200, {}, json.dumps([told]).encode()),
    "another document": lambda told: (200, {}, json.dumps({told: told, "message": told}).encode()),
    "an error behind 200": lambda told: (
        200,
        {},
        json.dumps({"error": {"message": told, "code": told}}).encode(),
    ),
    "an error as text": lambda told: (200, {}, json.dumps({"error": told}).encode()),
    "no choices": lambda told: (200, {}, json.dumps({"choices": [], "detail": told}).encode()),
    "empty content": lambda told: (200, {}, _completion("", refusal=told)),
    "a page": lambda told: (200, {}, f"<html><title>{told}</title>{told}</html>".encode()),
    "a stream": lambda told: (200, {}, f"data: {json.dumps({'error': told})}\n\ndata: [DONE]\n\n".encode()),
    "bad request": lambda told: (400, {}, json.dumps({"error": {"message": told, "param": told}}).encode()),
    "unauthorized": lambda told: (401, {}, json.dumps({"error": {"message": f"bad key {told}"}}).encode()),
    "forbidden": lambda told: (403, {}, told.encode()),
    "not found": lambda told: (404, {}, json.dumps({"detail": [{"msg": told, "loc": [told]}]}).encode()),
    "too many": lambda told: (429, {"Retry-After": "900"}, json.dumps({"error": {"message": told}}).encode()),
    "server error": lambda told: (500, {}, told.encode()),
    "redirect": lambda told: (302, {"Location": f"https://{quote(told, safe='')}.example.com/"}, b""),
    "a header": lambda told: (200, {"X-Told": quote(told)}, b"{}"),
}
"""What a reply looks like: status, headers, body, for the words that it repeats the key in."""


ANALYSIS: Final = "analysis"
"""The shape that is a good analysis, whose words repeat the key."""


type _Reply = tuple[int, Mapping[str, str], bytes]


def _said(told: str, question: str) -> _Reply:
    """A good analysis of what was asked."""
    request_id = json.loads(question)["requests"][0]["id"] if question.startswith("{") else "check"
    return 200, {}, _completion(_analysis(told, request_id))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """`/SPELLING/SHAPE/...` says what is answered."""
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        spelling, shape = (unquote(part) for part in self.path.split("/")[1:3])
        told = SPELLINGS[spelling](self.headers.get("Authorization", "").removeprefix("Bearer "))
        if shape == ANALYSIS:
            status, headers, body = _said(told, asked["messages"][-1]["content"])
        else:
            status, headers, body = SHAPES[shape](told)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: it would be printed."""


@contextmanager
def echoing() -> Iterator[str]:
    """The endpoint on a free port of the loopback; gives its address, to which `/SPELLING/SHAPE` is added."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
