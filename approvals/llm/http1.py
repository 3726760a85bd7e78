# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 over a wire, one question and one answer at a time. The protocol itself is h11's."""

from collections.abc import Iterator
from typing import Final

import h11

from approvals.llm.wire import Wire

_HEAD_LIMIT: Final = 64 * 1024

type Headers = list[tuple[bytes, bytes]]
type Head = tuple[int, dict[bytes, bytes]]
"""Status, and headers with their names in lower case."""


class Conversation:
    """What is said over one wire.

    Raises `CallFailure` for what takes too long, `OSError` when the connection breaks, and `h11.RemoteProtocolError`
    for what is no HTTP, or ends in the middle.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_LIMIT)

    def ask(self, method: str, target: str, headers: Headers, body: bytes = b"") -> Head:
        """Send a request; what comes back is the head of the reply. `headers` must have the length of `body`."""
        send = self._http.send
        request = send(h11.Request(method=method, target=target, headers=headers)) or b""
        if body:
            request += send(h11.Data(data=body)) or b""
        request += send(h11.EndOfMessage()) or b""
        self._wire.write(request)
        while not isinstance(event := self._event(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("no answer to the request")
        return event.status_code, {bytes(name): bytes(value) for name, value in event.headers}

    def chunks(self) -> Iterator[bytes]:
        """The body of the reply, piece by piece, to its end."""
        while isinstance(event := self._event(), h11.Data):
            yield bytes(event.data)

    def is_over(self) -> bool:
        """The reply was read to its end, and another question may follow.

        Not if there are bytes beyond the reply: they would be taken for the answer to the next question.
        """
        http = self._http
        if http.our_state is not h11.DONE or http.their_state is not h11.DONE or http.trailing_data[0]:
            return False
        http.start_next_cycle()
        return True

    def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(self._wire.read())
        return event
