# SPDX-License-Identifier: Apache-2.0
"""The table of look-alike letters is made for text without case."""

from approvals.text.lookalikes import _lookalikes
from devkit.lookalikes import lookalikes, read_confusables

SAMPLE = """\
# Version: 17.0.0
0430 ;\t0061 ;\tMA\t# CYRILLIC SMALL LETTER A
0410 ;\t0041 ;\tMA\t# CYRILLIC CAPITAL LETTER A
0412 ;\t0042 ;\tMA\t# CYRILLIC CAPITAL LETTER VE
0432 ;\t0299 ;\tMA\t# CYRILLIC SMALL LETTER VE
0406 ;\t006C ;\tMA\t# CYRILLIC CAPITAL LETTER BYELORUSSIAN-UKRAINIAN I
0456 ;\t0069 ;\tMA\t# CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I
11700 ;\t0072 006E ;\tMA\t# AHOM LETTER KA
0031 ;\t006C ;\tMA\t# DIGIT ONE
"""


def test_a_small_letter_stands_for_what_it_or_its_capital_looks_like() -> None:
    table = dict(lookalikes(read_confusables(SAMPLE)))

    assert table == {"\u0430": "a", "\u0432": "b", "\u0456": "i", "\U00011700": "m"}


def test_the_shipped_table_leaves_ascii_alone_and_needs_one_pass() -> None:
    table = _lookalikes()

    assert len(table) > 2_000
    assert not any(chr(code).isascii() for code in table)
    assert [target for target in table.values() if target.translate(table) != target] == []
