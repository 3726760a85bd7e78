# SPDX-License-Identifier: Apache-2.0
"""Makes `approvals/text/lookalikes.tsv` from Unicode's own data: `python -m devkit.lookalikes confusables.txt`.

`confusables.txt` is part of UTS #39 (https://www.unicode.org/Public/security/). It maps a character to the one that
readers take it for, and tells capitals from small letters. Names are compared without case, so this table is about
case-folded characters: what the small letter or its capital is taken for.
"""

import sys
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

TARGET = Path(__file__).parents[1] / "approvals" / "text" / "lookalikes.tsv"
_HEAD = """\
# A case-folded character, and the letters that a reader takes it for. Made by `python -m devkit.lookalikes` from
# {source}
# Copyright © 1991-{year} Unicode, Inc. Unicode License V3, see lookalikes.LICENSE.txt.
"""
# In confusables.txt `m` stands for `rn` and `0` for `O`, because it maps ASCII onto ASCII too. Here ASCII stays.
_ASCII_AGAIN = {"rn": "m"}


def read_confusables(text: str) -> dict[str, str]:
    """Each single character with what it is taken for."""
    pairs: dict[str, str] = {}
    for line in text.splitlines():
        fields = [field.strip() for field in line.partition("#")[0].removeprefix("\ufeff").split(";")]
        if len(fields) == 3:  # noqa: PLR2004 - source, target, class
            source, target = ("".join(chr(int(code, 16)) for code in field.split()) for field in fields[:2])
            if len(source) == 1:
                pairs[source] = target
    return pairs


def lookalikes(confusables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The table's lines, in the order of the characters."""
    candidates = {small for character in confusables for small in _folded(character)}
    table = {ord(character): _taken_for(character, confusables) for character in candidates}
    for code in sorted(table):
        target = table[code]
        while target != (
            further := target.translate(table)
        ):  # a target may be taken for something else in turn
            target = further
        if target != chr(code):
            yield chr(code), target


def _folded(character: str) -> str:
    """A character as a name has it when the table is used: compatible, decomposed, without case."""
    for _ in range(2):  # folding can give what is to be decomposed, and the other way round
        character = unicodedata.normalize("NFKD", character).casefold()
    return "".join(part for part in character if not part.isascii())


def _taken_for(character: str, confusables: Mapping[str, str]) -> str:
    """What readers take a small letter for, or else its capital: ASCII if either is."""
    small = _prototype(character, confusables)
    if small.isascii():
        return small
    capital = character.upper()
    if len(capital) == 1 and capital != character:
        large = _prototype(capital, confusables)
        if large.isascii():
            return large
    return small


def _prototype(character: str, confusables: Mapping[str, str]) -> str:
    target = confusables.get(character, character)
    target = unicodedata.normalize("NFKD", _ASCII_AGAIN.get(target, target)).casefold()
    return unicodedata.normalize("NFKD", target.replace("\t", ""))  # version 17.0.0 has one by mistake


def main(arguments: list[str]) -> int:
    """Write the table from the file that is named."""
    if len(arguments) != 1:
        print("usage: python -m devkit.lookalikes confusables.txt")
        return 2
    text = Path(arguments[0]).read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    version = next(line.removeprefix("# Version: ") for line in lines if line.startswith("# Version: "))
    year = next(line.removeprefix("# Date: ")[:4] for line in lines if line.startswith("# Date: "))
    table = "".join(f"{ord(source):X}\t{target}\n" for source, target in lookalikes(read_confusables(text)))
    head = _HEAD.format(source=f"confusables.txt of UTS #39, version {version}.", year=year)
    TARGET.write_text(head + table, encoding="utf-8")
    print(f"{TARGET.name}: {table.count(chr(10)):,} characters of Unicode {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
