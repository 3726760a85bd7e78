# SPDX-License-Identifier: Apache-2.0
"""Personal data as people write it, made at random."""

from hypothesis import strategies as st

from approvals.text.personal.ibans import LENGTHS

_ALNUM = "abcdefghijklmnopqrstuvwxyz0123456789"


def _check_digit(digits: str) -> str:
    doubled = [int(d) * 2 if position % 2 == 0 else int(d) for position, d in enumerate(reversed(digits))]
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def _in_groups(text: str, sizes: list[int], separator: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return separator.join(part for part in [*parts, text[at:]] if part)


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    first = draw(st.sampled_from(["4", "51", "37", "6011", "2221", "35"]))
    length = 15 if first == "37" else 16
    body = first + draw(
        st.text("0123456789", min_size=length - 1 - len(first), max_size=length - 1 - len(first))
    )
    digits = body + _check_digit(body)
    sizes = [4, 6, 5] if length == 15 else [4, 4, 4, 4]
    return _in_groups(digits, sizes, draw(st.sampled_from(["", " ", "-", "\u00a0"])))


@st.composite
def iban_numbers(draw: st.DrawFn) -> str:
    country = draw(st.sampled_from(sorted(LENGTHS)))
    body = draw(st.text("0123456789", min_size=LENGTHS[country] - 4, max_size=LENGTHS[country] - 4))
    check = 98 - int("".join(str(int(c, 36)) for c in f"{body}{country}00")) % 97
    number = f"{country}{check:02}{body}"
    written = _in_groups(number, [4] * 9, draw(st.sampled_from(["", " ", "-"])))
    return written.lower() if draw(st.booleans()) else written


@st.composite
def email_addresses(draw: st.DrawFn) -> str:
    local = draw(
        st.text(_ALNUM + "._+-", min_size=1, max_size=20).filter(
            lambda text: text[0] != "." and text[0] != "`"
        )
    )
    labels = draw(st.lists(st.text(_ALNUM, min_size=1, max_size=10), min_size=1, max_size=3))
    return f"{local}@{'.'.join(labels)}.{draw(st.sampled_from(['com', 'de', 'example', 'co.uk']))}"


phone_numbers = st.sampled_from(
    [
        *("+49 170 1234567", "+1 415 555 2671", "+44 (0)20 7946 0958", "+33 6 12 34 56 78", "+8613812345678"),
        *(
            "0049 30 901820",
            "(415) 555-2671",
            "415-555-2671",
            "1-800-555-0100",
            "030 901820-12",
            "01 23 45 67 89",
        ),
        *(
            "03-1234-5678",
            "090-1234-5678",
            "(11) 91234-5678",
            "11 91234-5678",
            "13812345678",
            "138 1234 5678",
        ),
    ]
)
values = {"email": email_addresses(), "card": card_numbers(), "iban": iban_numbers(), "phone": phone_numbers}
