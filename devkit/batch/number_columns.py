# SPDX-License-Identifier: Apache-2.0
"""How a column writes its numbers: with a decimal point or a decimal comma. A clear value settles the rest."""

import re
from collections.abc import Mapping
from enum import StrEnum

from approvals.text.numbers import ascii_signs, readings
from devkit.decoding import FileUnreadableError


class DecimalSign(StrEnum):
    """What stands before the decimals."""

    POINT = "point"
    COMMA = "comma"


_NUMBER = re.compile(r"[0-9](?:[0-9.,' ]*[0-9])?")
_AS_THOUSANDS = 3  # decimals that could be read as a group of thousands
_SIGNS = {DecimalSign.POINT: ".", DecimalSign.COMMA: ","}


def decimal_sign(values: Mapping[str, str], what: str) -> DecimalSign | None:
    """The sign that a column's values use; None where it does not matter.

    `values` maps places such as "line 2" to cells, `what` names the column. Raises `FileUnreadableError` where every
    value has two readings, or values of both kinds make one unclear.
    """
    shown: dict[DecimalSign, str] = {}
    unclear: list[str] = []
    for place, cell in values.items():
        number = _NUMBER.search(ascii_signs(cell))
        if number is None:
            continue
        sign = _sign_of(number[0])
        if sign:
            shown.setdefault(sign, f"{cell!r} ({place})")
        elif len(readings(number[0])) > 1:
            unclear.append(f"{cell!r} ({place})")
    if not unclear or len(shown) == 1:
        return next(iter(shown)) if len(shown) == 1 else None
    why = (
        f"and {' and '.join(shown.values())} are written in both ways"
        if shown
        else "and no other value shows which"
    )
    raise FileUnreadableError(
        f"column {what!r}: {unclear[0]} has two readings {why}; say --decimal point or --decimal comma"
    )


def plain_number(cell: str, sign: DecimalSign | None) -> str:
    """The cell with its number written so that it has one reading, `sign` being the decimal sign of its column."""
    if sign is None:
        return cell
    text = ascii_signs(cell)
    number = _NUMBER.search(text)
    if number is None:
        return cell
    other = "," if sign is DecimalSign.POINT else "."
    whole, _, decimals = (
        number[0].replace(other, "").replace("'", "").replace(" ", "").partition(_SIGNS[sign])
    )
    if not (whole.isdigit() and (decimals.isdigit() or not decimals)):
        return cell  # two decimal signs: the reader of amounts says what is wrong
    if len(decimals) == _AS_THOUSANDS:
        decimals += "0"
    plain = f"{whole}.{decimals}" if decimals else whole
    return text[: number.start()] + plain + text[number.end() :]


def _sign_of(number: str) -> DecimalSign | None:
    """What a number shows of its decimal sign; None for one without separators or with two readings."""
    found = readings(number)
    if len(found) != 1 or not set(number) & set(".,"):
        return None
    last = max(number, key=lambda character: number.rfind(character) if character in ".," else -1)
    is_decimal = found[0] != int("".join(filter(str.isdigit, number)))
    if not is_decimal and number.rfind(last) == len(number) - 4:
        last = "," if last == "." else "."
    return DecimalSign.COMMA if last == "," else DecimalSign.POINT
