# SPDX-License-Identifier: Apache-2.0
"""Values in Dify's storage, compressed where that pays.

A value is gzip (RFC 1952) when that is shorter, as it is for a record, and else stands as it is. `zcat -f` prints
either. The value of an open request has zeros behind it, as room for the decisions to come. What earlier versions
wrote is not compressed and stays readable.
"""

import zlib
from typing import Final

from approvals.store.envelope import UnreadableError

_MAGIC: Final = b"\x1f\x8b"
_WORTH_TRYING: Final = 256  # bytes; the frame of gzip alone takes 18
_SMALL: Final = 6
_QUICK: Final = 1
"""A long value takes 12 % more bytes and 40 % of the time."""
_GZIP: Final = 16
"""Added to the bits of a window, it tells zlib to write and read gzip."""
_AS_GZIP: Final = _GZIP + zlib.MAX_WBITS
_NARROWEST: Final = 9
_LESS_MEMORY: Final = 7
"""zlib's default memory level is 8 at 15 bits."""
_MOST_BYTES: Final = 4_000_000


def compressed(raw: bytes, *, quickly: bool = False) -> bytes:
    """`raw` as it is stored: as gzip where that is shorter. `quickly`: for what is often written anew."""
    if len(raw) < _WORTH_TRYING:
        return raw
    # A window as wide as the value is as good as the widest, and for a record ten times as quickly set up.
    window = min(max(len(raw).bit_length(), _NARROWEST), zlib.MAX_WBITS)
    gzip = zlib.compressobj(
        _QUICK if quickly else _SMALL, zlib.DEFLATED, _GZIP + window, window - _LESS_MEMORY
    )
    packed = gzip.compress(raw) + gzip.flush()
    return packed if len(packed) < len(raw) else raw


def with_room(stored: bytes, room: int) -> bytes:
    """A compressed value with `room` zeros behind it, which readers of gzip skip; any other value as it is."""
    return stored + bytes(max(0, room)) if stored.startswith(_MAGIC) else stored


def decompressed(stored: bytes, what: str) -> bytes:
    """What `compressed` was given. Raises `UnreadableError`, with `what` in its message, for damaged gzip."""
    return split(stored, what)[0]


def split(stored: bytes, what: str) -> tuple[bytes, bytes]:
    """What `compressed` was given, and what it gave: the stored value without the room behind it.

    Raises as `decompressed` does.
    """
    if not stored.startswith(_MAGIC):
        return stored, stored
    stream = zlib.decompressobj(_AS_GZIP)
    try:
        raw = stream.decompress(stored, _MOST_BYTES)
    except zlib.error as error:
        raise UnreadableError(what, f"its gzip is broken ({error})", damaged=True) from None
    behind = stream.unused_data
    if not stream.eof or behind.strip(b"\0"):
        raise UnreadableError(
            what, "its gzip is cut off, too long, or followed by something else", damaged=True
        )
    return raw, stored[: len(stored) - len(behind)]
