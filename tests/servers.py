# SPDX-License-Identifier: Apache-2.0
"""The servers that tests speak to: those of the environment, else throwaway ones that live as long as the run.

Without either a test is skipped with the reason; in CI (`CI=true`) it fails instead.
"""

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from enum import Enum
from functools import cache, partial
from typing import NoReturn

import pytest

from devkit import servers


class Kind(Enum):
    """A kind of server, by the environment variable that may name one."""

    POSTGRES = "TEST_POSTGRES_URL"
    PGBOUNCER = "TEST_PGBOUNCER_URL"
    MARIADB = "TEST_MARIADB_URL"
    REDIS = "TEST_REDIS_URL"


@contextmanager
def _pgbouncer() -> Iterator[servers.Server]:
    """PgBouncer before the PostgreSQL server that the run shares."""
    with servers.pgbouncer(shared_url(Kind.POSTGRES)) as server:
        yield server


_START: dict[Kind, Callable[..., AbstractContextManager[servers.Server]]] = {
    # Tests crash a server's process at most, never the machine, so nothing has to reach the disk.
    Kind.POSTGRES: partial(servers.postgresql, "fsync=off"),
    Kind.PGBOUNCER: _pgbouncer,
    Kind.MARIADB: partial(servers.mariadb, "innodb-flush-log-at-trx-commit=2"),
    Kind.REDIS: servers.redis,
}
_running = ExitStack()
atexit.register(_running.close)


def shared_url(kind: Kind) -> str:
    """The URL of a server that every test of this run may use; its data must be removed by who put it there."""
    given = os.environ.get(kind.value)
    if given:
        return given
    found = _shared(kind)
    if isinstance(found, str):
        _do_without(kind, found)
    return found.url


@contextmanager
def own_server(kind: Kind, **how: bool) -> Iterator[servers.Server]:
    """A server of this test alone, which may crash it; `how` is for the function that starts it."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(_START[kind](**how))
        except servers.NoServerError as error:
            _do_without(kind, str(error))
        yield server


@cache
def _shared(kind: Kind) -> servers.Server | str:
    """A running server, or why there is none."""
    try:
        return _running.enter_context(_START[kind]())
    except servers.NoServerError as error:
        return str(error)


def _do_without(kind: Kind, why: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}; CI needs it, or {kind.value} set")
    pytest.skip(f"{why}; install it or set {kind.value}")
