# SPDX-License-Identifier: Apache-2.0
"""Values in Dify's storage, compressed where that pays.

A value is gzip (RFC 1952) when that is shorter, as it is for a record, and else stands as it is. `zcat -f` prints
either. What earlier versions wrote is not compressed and stays readable.
"""

import gzip
import zlib
from typing import Final

from approvals.store.envelope import UnreadableError

_MAGIC: Final = b"\x1f\x8b"
_WORTH_TRYING: Final = 256  # bytes; the frame of gzip alone takes 18
_LEVEL: Final = 6
_AS_GZIP: Final = 16 + zlib.MAX_WBITS
_MOST_BYTES: Final = 4_000_000


def compressed(raw: bytes) -> bytes:
    """`raw` as it is stored: as gzip where that is shorter."""
    if len(raw) < _WORTH_TRYING:
        return raw
    packed = gzip.compress(raw, _LEVEL, mtime=0)
    return packed if len(packed) < len(raw) else raw


def decompressed(stored: bytes, what: str) -> bytes:
    """What `compressed` was given. Raises `UnreadableError`, with `what` in its message, for damaged gzip."""
    if not stored.startswith(_MAGIC):
        return stored
    stream = zlib.decompressobj(_AS_GZIP)
    try:
        raw = stream.decompress(stored, _MOST_BYTES)
    except zlib.error as error:
        raise UnreadableError(what, f"its gzip is broken ({error})", damaged=True) from None
    if not stream.eof:
        raise UnreadableError(what, "its gzip is cut off or too long", damaged=True)
    return raw
