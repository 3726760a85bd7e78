# SPDX-License-Identifier: Apache-2.0
import gzip
import json
import zlib

import pytest

from approvals.llm import FailureKind
from approvals.llm.exchange import REPLY_LIMIT
from tests.approvals.llm.callers import asked, refused
from tests.approvals.llm.conftest import ClientAt
from tests.approvals.llm.endpoints import ScriptedEndpoint, answer, completion, sent


def test_the_largest_reply_allowed_is_read_and_one_byte_more_is_not(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    frame = len(json.dumps(completion("")))
    largest = "x" * (REPLY_LIMIT - frame)
    endpoint.script = [answer(completion(largest)), answer(completion(largest + "x"))]
    client = client_at(endpoint.base_url)

    assert asked(client).text == largest
    assert refused(client).kind is FailureKind.REPLY_TOO_LARGE


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("Deflate", zlib.compress)])
def test_a_reply_that_is_compressed_unasked_is_read(
    endpoint: ScriptedEndpoint, client_at: ClientAt, encoding: str, pack: object
) -> None:
    packed = pack(json.dumps(completion("packed")).encode())  # type: ignore[operator]
    endpoint.script = [answer(packed, headers={"Content-Encoding": encoding})]
    client = client_at(endpoint.base_url)

    assert asked(client).text == "packed"
    assert endpoint.received[0].headers["accept-encoding"] == "identity"


def test_a_small_reply_that_unpacks_to_a_huge_one_is_refused(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    bomb = gzip.compress(b" " * (50 * REPLY_LIMIT))
    assert len(bomb) < REPLY_LIMIT
    endpoint.script = [answer(bomb, headers={"Content-Encoding": "gzip"})]

    assert refused(client_at(endpoint.base_url)).kind is FailureKind.REPLY_TOO_LARGE


def test_a_compressed_reply_that_cannot_be_unpacked_is_malformed(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [answer(b"not gzip", headers={"Content-Encoding": "gzip"})]

    assert refused(client_at(endpoint.base_url)).kind is FailureKind.REPLY_MALFORMED


def test_a_chunked_reply_is_put_together(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    body = json.dumps(completion("in pieces")).encode()
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7)
    )
    endpoint.script = [
        sent(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n", keep=True)
    ]
    client = client_at(endpoint.base_url)

    assert asked(client).text == "in pieces"
    assert asked(client).text == "fine"
    assert endpoint.connections == 1


def test_the_text_of_an_error_is_read_no_further_than_needed(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [answer(b"x" * 1_000_000, 400)]
    client = client_at(endpoint.base_url)

    assert refused(client).kind is FailureKind.REQUEST_REFUSED
    assert asked(client).text == "fine"
    assert endpoint.connections == 2
