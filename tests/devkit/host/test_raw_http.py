# SPDX-License-Identifier: Apache-2.0
"""HTTP as the platform passes it to an endpoint and back."""

from typing import Any

from devkit.host.answers import HostError
from devkit.host.raw_http import BODY_LIMIT, HOOK_ID, http_response, raw_request


def head_of(raw: bytes) -> list[str]:
    return raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def test_the_clients_address_is_removed_and_the_hook_is_added() -> None:
    headers = {"X-Real-IP": "10.0.0.1", "x-forwarded-for": "10.0.0.1", "Host": "dify.example", "X-Kept": "1"}

    head = head_of(raw_request("GET", "/v1/a?b=2&a=1", headers, b""))

    assert head[:2] == ["GET /v1/a?a=1&b=2 HTTP/1.1", "Host: dify.example"]
    assert "X-Kept: 1" in head
    assert any(line.startswith("Dify-Hook-Url: http://dify.example/e/") for line in head)
    assert not any("10.0.0.1" in line for line in head)


def test_a_body_is_measured_by_what_is_really_sent() -> None:
    raw = raw_request("POST", "/", {"Content-Length": "3"}, b"x" * (BODY_LIMIT + 5))

    assert f"Content-Length: {BODY_LIMIT}" in head_of(raw)
    assert raw.endswith(b"\r\n\r\n" + b"x" * BODY_LIMIT)


def test_a_post_without_a_body_is_chunked_as_go_writes_it() -> None:
    raw = raw_request("POST", "/", {}, b"")

    assert "Transfer-Encoding: chunked" in head_of(raw)
    assert raw.endswith(b"\r\n\r\n0\r\n\r\n")


def test_the_hooks_id_is_the_daemons_and_its_url_the_clients_if_it_sent_one() -> None:
    head = head_of(raw_request("GET", "/a", {"dify-hook-id": "forged", "dify-hook-url": "http://x/"}, b""))

    assert [line for line in head if "ook-" in line] == [
        "dify-hook-url: http://x/",
        f"Dify-Hook-Id: {HOOK_ID}",
    ]


def test_pieces_of_a_response_are_put_together() -> None:
    pieces: list[dict[str, Any]] = [
        {"status": 202, "headers": {"X-A": "1"}},
        {"result": b'{"a"'.hex()},
        {"result": b": 1}".hex()},
    ]

    response = http_response(pieces, None, 0.0)

    assert (response.status, response.headers, response.json()) == (202, {"X-A": "1"}, {"a": 1})
    assert response.chunks == (b'{"a"', b": 1}")


def test_a_failure_outside_the_handler_is_a_500_with_its_text() -> None:
    response = http_response([], HostError("ValueError", "Invalid HTTP header"), 0.0)

    assert (response.status, response.text) == (500, "ValueError: Invalid HTTP header")
