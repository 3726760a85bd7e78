# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL's driver with the time limit of the call on every wait.

psycopg waits in Python between the steps of libpq, which is what makes it cooperative under gevent; it passes no time
limit to these waits by itself.
"""

from typing import Any, Self

import psycopg
from psycopg.abc import PQGen, PQGenConn

from approvals.store.sql.backends import CONNECT_SECONDS
from approvals.store.sql.host_names import addresses_of
from approvals.store.sql.time_limit import seconds_left

_PORT = 5432
_LOOK_SECONDS = 0.1
_EXPIRED = "the server did not answer within the time limit"


class LimitedConnection(psycopg.Connection[Any]):
    """A connection that closes itself when the server has not answered in time."""

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn[Self]:
        """The steps of connecting to one address; `connect_timeout` alone would count for each address anew."""
        steps = super()._connect_gen(conninfo)
        try:
            waits_for = next(steps)
            while True:
                ready = yield waits_for
                if not seconds_left():
                    raise psycopg.errors.ConnectionTimeout(_EXPIRED)
                waits_for = steps.send(ready)
        except StopIteration as done:
            connection: Self = done.value
            return connection

    def wait[T](self, gen: PQGen[T], interval: float = _LOOK_SECONDS, timeout: float | None = None) -> T:
        """Run the steps of a command. Raises `ConnectionTimeout`, and closes, when the time is up."""
        limit = seconds_left() if timeout is None else seconds_left(timeout)
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError as error:
            if error.sqlstate or seconds_left():  # the server has answered, or the connection is lost
                raise
        self.close()
        raise psycopg.errors.ConnectionTimeout(_EXPIRED)


def connect(**options: Any) -> LimitedConnection:
    """As `psycopg.connect`. Nothing is prepared on the server: behind PgBouncer the next query may meet another."""
    host = str(options.get("host", ""))
    if host and not host.startswith("/") and "," not in host:  # neither a socket's path nor several hosts
        addresses = addresses_of(host, int(options.get("port") or _PORT), CONNECT_SECONDS)
        options["host"] = ",".join([host] * len(addresses))
        options["hostaddr"] = ",".join(addresses)
    return LimitedConnection.connect(prepare_threshold=None, **options)
