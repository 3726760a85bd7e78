# SPDX-License-Identifier: Apache-2.0
"""A call's way to its workspace's storage: straight over our own reader where there is one, else the SDK's."""

from collections.abc import Callable
from typing import Any, Final

from dify_plugin.core.entities.invocation import InvokeType
from dify_plugin.core.runtime import Session

from approvals.dify.channel.frame_buffer import outlet
from approvals.dify.channel.frame_lines import frame_line, keep_line
from approvals.dify.channel.reverse_calls import Backwards, BackwardsError
from approvals.dify.channel.stdin import FrameReader
from approvals.store.dify.storage import PlatformStorage

_OK: Final = "ok"
_STORAGE: Final = InvokeType.Storage.value


def storage_of(session: Session) -> PlatformStorage:
    """The storage of the workspace that a session belongs to."""
    if isinstance(session.reader, FrameReader):
        return DirectStorage(session, session.reader.backwards)
    storage: PlatformStorage = session.storage
    return storage


class DirectStorage:
    """What `session.storage` does, in a quarter of its time. Raises `BackwardsError`."""

    def __init__(self, session: Session, backwards: Backwards) -> None:
        self._session = session
        self._backwards = backwards

    def get(self, key: str) -> bytes:
        """The value. Raises when there is none."""
        return bytes.fromhex(self._ask(self._question({"opt": "get", "key": key})))

    def set(self, key: str, val: bytes) -> None:
        """Keep a value."""
        session_id = self._session.session_id
        _confirm(self._ask(lambda question_id: outlet.put(keep_line(session_id, question_id, key, val))))

    def delete(self, key: str) -> None:
        """Remove a value. Raises when there is none."""
        _confirm(self._ask(self._question({"opt": "del", "key": key})))

    def exist(self, key: str) -> bool:
        """True when there is a value."""
        return bool(self._ask(self._question({"opt": "exist", "key": key})))

    def _question(self, request: dict[str, str]) -> Callable[[str], None]:
        """What asks it, under an id."""

        def send(question_id: str) -> None:
            asked = {"type": _STORAGE, "backwards_request_id": question_id, "request": request}
            said = {"type": "invoke", "data": asked}
            outlet.put(frame_line({"event": "session", "session_id": self._session.session_id, "data": said}))

        return send

    def _ask(self, send: Callable[[str], None]) -> Any:
        answer = self._backwards.ask(send, self._session.max_invocation_timeout)
        if answer.get("event") != "response":
            raise BackwardsError(answer.get("message") or "no data found")
        return answer["data"]["data"]


def _confirm(answer: object) -> None:
    if answer != _OK:
        raise BackwardsError(f"unexpected data: {answer!r}")
