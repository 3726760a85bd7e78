# SPDX-License-Identifier: Apache-2.0
"""Resolves the name of a database's host within the time limit of the call: the system's resolver has none of ours."""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTimeError
from contextlib import suppress
from ipaddress import ip_address

from approvals.store.sql.time_limit import seconds_left


def addresses_of(host: str, port: int, at_most: float) -> Sequence[str]:
    """The addresses of a host, the one to try first first, found within `at_most` seconds. Raises `OSError`."""
    with suppress(ValueError):
        return [str(ip_address(host))]
    seconds = seconds_left(at_most)
    pool = ThreadPoolExecutor(1)
    try:
        found = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(seconds)
    except NotInTimeError:
        raise TimeoutError(f"the name {host!r} was not resolved within {seconds:.1f} s") from None
    finally:
        pool.shutdown(wait=False)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
