# SPDX-License-Identifier: Apache-2.0
"""Replies are read as h11 reads them, in whatever pieces they come, and a few more that h11 refuses."""

import time
from dataclasses import dataclass
from itertools import pairwise

import h11
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from approvals.llm.transport.connection import REPLY_LIMIT, Connection
from approvals.llm.transport.streams import Timeouts

NO_TIMEOUTS = Timeouts({})


@dataclass
class Pieces:
    """A stream on which the reply comes in these pieces."""

    coming: list[bytes]
    written: bytes = b""

    def send(self, data: bytes, timeouts: Timeouts, step: str) -> None:
        self.written += data

    def receive(self, timeouts: Timeouts, step: str) -> bytes:
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
    """None where it is not HTTP, or not complete."""
    connection = Connection(Pieces(list(pieces)))  # type: ignore[arg-type]
    try:
        head = connection.send(b"POST /v1 HTTP/1.1\r\n\r\n", b"", NO_TIMEOUTS)
        status, headers = head.status, head.headers
        body = b"".join(connection.body(NO_TIMEOUTS))
    except httpx.TransportError:
        return None
    lower = {name.lower(): value for name, value in headers}
    if (coding := lower.get(b"transfer-encoding")) is not None:
        lower[b"transfer-encoding"] = coding.lower()  # as h11 spells it
    return Reply(status, lower, body, connection.reusable)


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
def test_of_a_damaged_reply_nothing_else_is_read_than_h11_would_read(
    reply: bytes, cuts: list[int], at: int, damage: bytes
) -> None:
    position = at % len(reply)
    broken = reply[:position] + damage + reply[position + len(damage) :]
    pieces = in_pieces(broken, cuts)

    mine, theirs = ours(pieces), as_h11(pieces)
    if mine is not None and theirs is not None:
        assert (mine.status, mine.body) == (theirs.status, theirs.body)
        assert theirs.may_go_on or not mine.may_go_on or broken.endswith((b"\r", b"\n"))


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
        b"HTTP/1.1 200 OK\r\nnul: a\x00b\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * (REPLY_LIMIT // 5),
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nblank : a\r\n" + b"a : b\r\n" * 20_000,
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 11 + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\n",
    ],
)
def test_what_is_not_http_or_has_no_certain_end_is_refused(reply: bytes) -> None:
    assert ours(in_pieces(reply, list(range(0, len(reply), 16_384)))) is None


OK = b"HTTP/1.1 200 OK\r\n"
ODD = {
    "a length beside a coding": OK
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "the coding first": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "the coding identity": OK + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok",
    "a length twice": OK + b"Content-Length: 2\r\nX: y\r\ncontent-length: 2\r\n\r\nok",
    "a length twice in one line": OK + b"Content-Length: 2, 2\r\n\r\nok",
    "a blank before the colon": OK + b"Server : x\r\nContent-Length: 2\r\n\r\nok",
    "a blank before the colon of the length": OK + b"Content-Length\t : 2\r\n\r\nok",
    "a folded line": OK + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
    "a line without a name": OK + b": x\r\nContent-Length: 2\r\n\r\nok",
    "a line without a colon": OK + b"Nonsense here\r\nContent-Length: 2\r\n\r\nok",
    "all at once": OK + b"X : a\r\n b\r\n????\r\nContent-Length : 2\r\nContent-Length:2\r\n\r\nok",
}
KEPT = {
    "line feeds alone": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "letters outside ASCII": OK + b"X: \xc3\xbc\r\nContent-Length: 2\r\n\r\nok",
    "a coding twice": OK
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "a blank after a chunk's size": OK + b"Transfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("cuts", [[], list(range(300))])
@pytest.mark.parametrize("name", [*ODD, *KEPT])
def test_what_is_merely_odd_is_read(name: str, cuts: list[int]) -> None:
    read = ours(in_pieces({**ODD, **KEPT}[name], cuts))

    assert read is not None
    assert (read.status, read.body) == (200, b"ok")
    assert read.may_go_on is (name in KEPT)  # after a repair the connection is not used again


@pytest.mark.parametrize("line", [b"A" * 60_000 + b" ", b" " * 60_000, b"A : b\r\n " * 6_000, b"a," * 30_000])
def test_the_repair_of_a_head_takes_no_more_than_linear_time(line: bytes) -> None:
    started = time.process_time()

    ours([OK + b"Bad : x\r\n" + line + b"\r\n\r\n"])
    ours([OK + b"Bad : x\r\nContent-Length: " + line + b"\r\n\r\n"])

    assert time.process_time() - started < 0.5


def test_a_connection_goes_on_with_the_next_request_where_the_last_reply_ended() -> None:
    answer = OK + b"Content-Length: 2\r\n\r\nok"
    stream = Pieces([answer])
    connection = Connection(stream)  # type: ignore[arg-type]

    for _ in range(3):
        head = connection.send(b"POST /v1/chat HTTP/1.1\r\nContent-Length: 2\r\n\r\n", b"{}", NO_TIMEOUTS)
        assert (head.status, b"".join(connection.body(NO_TIMEOUTS)), connection.reusable) == (
            200,
            b"ok",
            True,
        )
        stream.coming.append(answer)

    assert stream.written == b"POST /v1/chat HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}" * 3


def test_a_connection_is_not_reusable_while_its_reply_is_unread() -> None:
    connection = Connection(Pieces([OK + b"Content-Length: 2\r\n\r\nok"]))  # type: ignore[arg-type]
    connection.send(b"", b"", NO_TIMEOUTS)

    assert not connection.reusable
