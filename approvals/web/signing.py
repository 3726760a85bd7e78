# SPDX-License-Identifier: Apache-2.0
"""Signs what the pages hand out and reads it back: HMAC-SHA256 under `desk_secret`, a key per purpose, with an end.

What is signed for one purpose is worth nothing for another, because the purpose is part of the key.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr

from approvals.errors import ApprovalError, ErrorCode

SHORTEST_SECRET: Final = 32  # characters; less can be guessed away from the server
LONGEST_TOKEN: Final = 4_096  # characters
_END: Final = "x"


class Purpose(StrEnum):
    """What something is signed for."""

    SESSION = "approvals.desk.session"
    FORM = "approvals.desk.form"
    LINK = "approvals.desk.link"


class Expired(Exception):  # noqa: N818 - says what the token is
    """The token was ours, and its time is over since `end`."""

    def __init__(self, end: datetime) -> None:
        super().__init__("expired")
        self.end = end


class Signer:
    """Signs and reads small JSON objects for one purpose."""

    def __init__(self, secret: SecretStr, purpose: Purpose) -> None:
        """Raises `bad_parameter` for a secret that is too short to protect anything."""
        text = secret.get_secret_value()
        if len(text) < SHORTEST_SECRET:
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"desk_secret has {len(text)} characters; give at least {SHORTEST_SECRET}, made at random",
            )
        self._serializer = URLSafeSerializer(
            text, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )

    def sign(self, payload: Mapping[str, Any], until: datetime) -> str:
        """A token of letters, digits, `-`, `_` and `.` that holds `payload` and counts until `until`."""
        return str(self._serializer.dumps({**payload, _END: int(until.timestamp())}))

    def read(self, token: str, now: datetime) -> dict[str, Any] | None:
        """What was signed; None for what this key did not sign for this purpose. Raises `Expired`."""
        if not token or len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        try:
            payload = self._serializer.loads(token)
        except BadData:
            return None
        if not isinstance(payload, dict) or not isinstance(end := payload.pop(_END, None), int):
            return None
        if now.timestamp() >= end:
            raise Expired(datetime.fromtimestamp(end, UTC))
        return payload
