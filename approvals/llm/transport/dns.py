# SPDX-License-Identifier: Apache-2.0
"""Host names to addresses, within a time limit: `getaddrinfo` itself knows none and can hang for half a minute."""

import socket
import threading
from typing import Final

from approvals.llm.failures import CallFailure, FailureKind

type Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]

_NUMERIC: Final = socket.AI_NUMERICHOST


def addresses_of(host: str, port: int, seconds: float) -> list[Address]:
    """Where `host` can be reached over TCP, best first.

    Raises `CallFailure` of kind `name_not_found` when there is no such name, or no answer within `seconds`.
    """
    try:
        return _look_up(host, port, _NUMERIC)
    except OSError:
        return _look_up_in_time(host, port, seconds)


def _look_up(host: str, port: int, flags: int = 0) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in found]


def _look_up_in_time(host: str, port: int, seconds: float) -> list[Address]:
    """In a thread of its own, which is left behind if the resolver hangs (a greenlet under the Dify SDK)."""
    found: list[Address] = []
    faults: list[str] = []
    done = threading.Event()

    def look_up() -> None:
        try:
            found.extend(_look_up(host, port))
        except (OSError, UnicodeError) as error:
            faults.append(getattr(error, "strerror", None) or "not a valid name")
        finally:
            done.set()

    threading.Thread(target=look_up, name="name-lookup", daemon=True).start()
    if not done.wait(seconds):
        raise CallFailure(
            FailureKind.NAME_NOT_FOUND,
            f"No answer from the name service about {host!r} within {seconds:.1f} s. "
            "Check the DNS of the machine that runs the plugin.",
        )
    if not found:
        reason = faults[0] if faults else "no address"
        raise CallFailure(
            FailureKind.NAME_NOT_FOUND,
            f"The host name {host!r} was not found ({reason}). Check the spelling of base_url, "
            "and the DNS of the machine that runs the plugin.",
        )
    return found
