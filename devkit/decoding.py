# SPDX-License-Identifier: Apache-2.0
"""Bytes of a file as text: UTF-8, UTF-16 (with a byte order mark or without one) or Windows-1252, whichever fits."""

import codecs
from typing import NamedTuple

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_LOOKED_AT = 4_000


class FileUnreadableError(Exception):
    """The file is not what it should be; the message says what, where, and what to do."""


class Decoded(NamedTuple):
    """A file's text, and the name of the encoding that it was read in."""

    text: str
    encoding: str


def decoded(data: bytes) -> Decoded:
    """The text of a file. Raises `FileUnreadableError`."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return Decoded(_strictly(data, codec, name), name)
    if codec := _utf_16_without_mark(data):
        return Decoded(_strictly(data, codec, "UTF-16"), "UTF-16")
    try:
        return Decoded(data.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError:
        return Decoded(_strictly(data, "cp1252", "Windows-1252"), "Windows-1252")


def _utf_16_without_mark(data: bytes) -> str:
    """The codec of text that has a zero byte in every other place; "" where there is none."""
    head = data[:_LOOKED_AT]
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if head[0::2].count(0) > len(head) // 4:
        return "utf-16-be"
    return ""


def _strictly(data: bytes, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileUnreadableError(
            f"line {line} holds the byte 0x{data[error.start]:02x}, which is neither UTF-8 nor {name}; "
            "save the file as CSV in UTF-8"
        ) from None
