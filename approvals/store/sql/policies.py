# SPDX-License-Identifier: Apache-2.0
"""Policies in a SQL database: each once, under its digest."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from approvals.clock import Clock
from approvals.domain.canonical import rfc3339
from approvals.store.record_codec import decode_policy, encode_policy
from approvals.store.sql.database import SqlDatabase, inserted
from approvals.store.sql.tables import POLICIES
from approvals.store.ttl_cache import Recent

_KNOWN = 1_000
_KNOWN_SECONDS = 86_400.0


class SqlPolicies:
    """The policies of one database. Safe with any number of processes: a policy never changes."""

    def __init__(self, database: SqlDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: Recent[str, bool] = Recent(clock, capacity=_KNOWN, seconds=_KNOWN_SECONDS)
        """The digests that the database is known to have."""

    def put(self, digest: str, document: Mapping[str, Any]) -> None:
        """Keep a policy: nothing where this process knows that it is there, else at most one write."""
        if self._known.get(digest):
            return
        if self._text(digest) is None:
            text = encode_policy(document).decode()
            first = insert(POLICIES).values(digest=digest, document=text, kept_at=rfc3339(self._clock.now()))
            self._database.write(lambda connection: inserted(connection, first))
        self._known.put(digest, value=True)

    def find(self, digest: str) -> Mapping[str, Any] | None:
        """The policy under a digest; None when there is none. Raises `UnreadableError` for what is not JSON."""
        text = self._text(digest)
        return None if text is None else decode_policy(text.encode(), digest)

    def _text(self, digest: str) -> str | None:
        statement = select(POLICIES.c.document).where(POLICIES.c.digest == digest)
        return self._database.read(lambda connection: connection.execute(statement).scalar())
