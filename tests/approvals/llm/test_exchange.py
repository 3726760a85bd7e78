# SPDX-License-Identifier: Apache-2.0
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from approvals.llm import FailureKind
from approvals.llm.exchange import REPLY_LIMIT
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import asked, refused
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


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("Deflate", zlib.compress),
        ("deflate", raw_deflate),
    ],
)
def test_a_reply_that_is_compressed_unasked_is_read(
    endpoint: ScriptedEndpoint, client_at: ClientAt, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(json.dumps(completion("packed")).encode())
    endpoint.script = [answer(packed, headers={"Content-Encoding": encoding})]
    client = client_at(endpoint.base_url)

    assert asked(client).text == "packed"
    assert endpoint.received[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "encoding", ["", "identity", "utf-8", "UTF-8", "none", "binary", "aws-chunked", "7bit"]
)
def test_an_encoding_that_is_none_is_passed_over(
    endpoint: ScriptedEndpoint, client_at: ClientAt, encoding: str
) -> None:
    endpoint.script = [answer(completion("plain"), headers={"Content-Encoding": encoding})]

    assert asked(client_at(endpoint.base_url)).text == "plain"


def test_a_reply_packed_several_times_is_refused_before_it_is_unpacked(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    """A few kilobytes of it would become gigabytes in one step."""
    bomb = gzip.compress(gzip.compress(b" " * (50 * REPLY_LIMIT)))
    endpoint.script = [answer(bomb, headers={"Content-Encoding": "gzip, gzip"})]

    assert refused(client_at(endpoint.base_url)).kind is FailureKind.REPLY_MALFORMED


def test_a_small_reply_that_unpacks_to_a_huge_one_is_refused(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    bomb = gzip.compress(b" " * (100 * REPLY_LIMIT))
    assert len(bomb) < REPLY_LIMIT
    endpoint.script = [answer(bomb, headers={"Content-Encoding": "gzip"})]
    client = client_at(endpoint.base_url)

    tracemalloc.start()
    assert refused(client).kind is FailureKind.REPLY_TOO_LARGE
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 60 * REPLY_LIMIT  # what one read of 16 KB can unpack to, not what the whole would


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
    endpoint.script = [answer(b"x" * 1_000_000, 402)]
    client = client_at(endpoint.base_url)

    assert refused(client).kind is FailureKind.NO_BUDGET
    assert asked(client).text == "fine"
    assert endpoint.connections == 2
