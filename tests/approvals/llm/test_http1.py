# SPDX-License-Identifier: Apache-2.0
"""Replies are read as h11 reads them, in whatever pieces they come."""

from dataclasses import dataclass, field
from itertools import pairwise

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from approvals.llm.http1 import Conversation
from approvals.llm.http1_head import HttpError


@dataclass
class Pieces:
    """A wire on which the reply comes in these pieces."""

    coming: list[bytes]
    written: bytes = b""
    read_bytes: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.written += data

    def read(self) -> bytes:
        return self.coming.pop(0) if self.coming else b""


@dataclass(frozen=True)
class Reply:
    """What a reader makes of a reply."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    may_go_on: bool


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return [data[start:end] for start, end in pairwise(edges) if start < end]


def ours(pieces: list[bytes]) -> Reply | None:
    """None where it is no HTTP."""
    conversation = Conversation(Pieces(list(pieces)))  # type: ignore[arg-type]
    try:
        head = conversation.ask("POST", "/v1", [(b"Host", b"model.test")])
        body = b"".join(conversation.chunks())
    except HttpError:
        return None
    coding = head.headers.get(b"transfer-encoding")
    spelled = {} if coding is None else {b"transfer-encoding": coding.lower()}  # as h11 spells it
    return Reply(head.status, {**head.headers, **spelled}, body, conversation.is_over())


def as_h11(pieces: list[bytes]) -> Reply | None:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/v1", headers=[("Host", "model.test")]))
    connection.send(h11.EndOfMessage())
    coming = [*pieces, b""]
    head, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(coming.pop(0))
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                break
            elif not isinstance(event, h11.InformationalResponse):
                return None
    except h11.RemoteProtocolError:
        return None
    if head is None:
        return None
    may_go_on = bool(coming) and connection.their_state is h11.DONE and not connection.trailing_data[0]
    return Reply(
        head.status_code, {bytes(name): bytes(value) for name, value in head.headers}, body, may_go_on
    )


def chunked(body: bytes, sizes: list[int]) -> bytes:
    parts, at = [], 0
    for size in sizes:
        if part := body[at : at + size]:
            parts.append(b"%x;ext=1\r\n%s\r\n" % (len(part), part))
        at += size
    if rest := body[at:]:
        parts.append(b"%X\r\n%s\r\n" % (len(rest), rest))
    return b"".join([*parts, b"0\r\n"])


@st.composite
def replies(draw: st.DrawFn) -> bytes:
    """What an honest server sends: any framing, any case, with or without a 100 before and bytes after."""
    body = draw(st.binary(max_size=200))
    status = draw(st.sampled_from([200, 200, 201, 204, 304, 400, 429, 503]))
    names = st.sampled_from([b"X-Request-Id", b"retry-after", b"Server", b"x!#$%&'*+-.^_`|~0"])
    values = st.text("abc XYZ0123:;,=\t\"'", max_size=12).map(lambda text: text.encode().strip())
    headers = [
        b"%s:%s%s" % (name, draw(st.sampled_from([b"", b" ", b"\t "])), value)
        for name, value in draw(st.dictionaries(names, values)).items()
    ]
    match draw(st.sampled_from(["size", "chunks", "trailers", "end", "close"])):
        case "size":
            headers, after = [*headers, b"Content-Length: %d" % len(body)], b""
        case "chunks":
            headers = [*headers, b"Transfer-Encoding: Chunked"]
            body, after = chunked(body, draw(st.lists(st.integers(1, 60)))), b"\r\n"
        case "trailers":
            headers = [*headers, b"transfer-encoding: chunked"]
            body, after = chunked(body, []), b"X-Trailer: 1\r\n\r\n"
        case "close":
            headers, after = [*headers, b"Connection: Close", b"content-length:%d" % len(body)], b""
        case _:
            after = b""
    if status in {204, 304}:
        body, after = b"", b""
    before = draw(st.sampled_from([b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n"]))
    reason = draw(st.sampled_from([b" OK", b" ", b" Too Many Requests"]))
    head = b"\r\n".join([b"HTTP/1.1 %d%s" % (status, reason), *headers])
    beyond = draw(st.sampled_from([b"", b"", b"HTTP/1.1 200 OK"]))
    return b"%s%s\r\n\r\n%s%s%s" % (before, head, body, after, beyond)


CUTS = st.lists(st.integers(0, 500), max_size=8)


@given(replies(), CUTS)
def test_an_honest_reply_is_read_as_h11_reads_it(reply: bytes, cuts: list[int]) -> None:
    pieces = in_pieces(reply, cuts)

    assert ours(pieces) == as_h11(pieces)


@given(replies(), CUTS, st.integers(0, 10_000), st.binary(max_size=3))
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", [], 18, b"\r\n ")
def test_of_a_damaged_reply_nothing_is_read_that_h11_would_not_read(
    reply: bytes, cuts: list[int], at: int, damage: bytes
) -> None:
    position = at % len(reply)
    broken = in_pieces(reply[:position] + damage + reply[position + len(damage) :], cuts)

    mine, theirs = ours(broken), as_h11(broken)
    if mine is not None and theirs is not None:
        assert (mine.status, mine.body) == (theirs.status, theirs.body)
        assert theirs.may_go_on or not mine.may_go_on


@given(replies(), st.integers(0, 10_000))
def test_a_reply_that_is_cut_off_is_never_taken_for_a_whole_one(reply: bytes, at: int) -> None:
    cut = [reply[: at % len(reply)]]

    mine = ours(cut)
    if mine is not None and mine.may_go_on:
        assert mine == as_h11(cut)


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nfolded: a\r\n b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nblank : a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nnul: a\x00b\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000,
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 11 + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_is_no_http_or_has_no_certain_end_is_refused(reply: bytes) -> None:
    assert ours(in_pieces(reply, [70_000])) is None


def test_a_reply_framed_in_two_ways_is_read_by_its_chunks_and_ends_the_connection() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"

    read = ours([reply])

    assert read is not None
    assert (read.body, read.may_go_on) == (b"ok", False)


def test_a_connection_goes_on_with_the_next_question_where_the_last_answer_ended() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    wire = Pieces([answer])
    conversation = Conversation(wire)  # type: ignore[arg-type]

    for _ in range(3):
        head = conversation.ask("POST", "/v1/chat", [(b"Host", b"a"), (b"Content-Length", b"2")], b"{}")
        assert (head.status, b"".join(conversation.chunks()), conversation.is_over()) == (200, b"ok", True)
        wire.coming.append(answer)

    assert wire.written == b"POST /v1/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}" * 3


def test_a_proxy_that_opens_the_way_sends_no_body() -> None:
    conversation = Conversation(Pieces([b"HTTP/1.1 200 Connection established\r\n\r\n"]))  # type: ignore[arg-type]

    head = conversation.ask("CONNECT", "model.test:443", [(b"Host", b"model.test:443")])

    assert (head.status, list(conversation.chunks()), conversation.is_over()) == (200, [], True)
