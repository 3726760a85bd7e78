# SPDX-License-Identifier: Apache-2.0
"""A workspace's key-value storage in Dify: over `ReverseCalls` where the session has them, else the SDK's."""

from typing import Any, Final

from dify_plugin.core.entities.invocation import InvokeType
from dify_plugin.core.runtime import Session

from approvals.dify.channel.frames import encode_frame, write_frames
from approvals.dify.channel.reader import FrameReader
from approvals.dify.channel.reverse_calls import ReverseCallError, ReverseCalls
from approvals.store.dify.storage import PlatformStorage

_OK: Final = "ok"
_STORAGE: Final = InvokeType.Storage.value


def storage_of(session: Session) -> PlatformStorage:
    """The storage of the workspace that a session belongs to."""
    reader = session.reader
    if isinstance(reader, FrameReader) and reader.reverse_calls:
        return DirectStorage(session, reader.reverse_calls)
    storage: PlatformStorage = session.storage
    return storage


class DirectStorage:
    """What `session.storage` does, over `ReverseCalls`. Raises `ReverseCallError`."""

    def __init__(self, session: Session, reverse_calls: ReverseCalls) -> None:
        self._session = session
        self._reverse_calls = reverse_calls

    def get(self, key: str) -> bytes:
        """The value. Raises when there is none."""
        return bytes.fromhex(self._ask({"opt": "get", "key": key}))

    def set(self, key: str, val: bytes) -> None:
        """Keep a value."""
        _confirm(self._ask({"opt": "set", "key": key, "value": val.hex()}))

    def delete(self, key: str) -> None:
        """Remove a value. Raises when there is none."""
        _confirm(self._ask({"opt": "del", "key": key}))

    def exist(self, key: str) -> bool:
        """True when there is a value."""
        return bool(self._ask({"opt": "exist", "key": key}))

    def _ask(self, request: dict[str, str]) -> Any:
        def send(call_id: str) -> None:
            call = {"type": _STORAGE, "backwards_request_id": call_id, "request": request}
            frame = {"event": "session", "session_id": self._session.session_id}
            write_frames(encode_frame({**frame, "data": {"type": "invoke", "data": call}}))

        answer = self._reverse_calls.ask(send, self._session.max_invocation_timeout)
        if answer.get("event") != "response":
            raise ReverseCallError(answer.get("message") or "no data found")
        return answer["data"]["data"]


def _confirm(answer: object) -> None:
    if answer != _OK:
        raise ReverseCallError(f"unexpected data: {answer!r}")
