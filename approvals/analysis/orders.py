# SPDX-License-Identifier: Apache-2.0
"""Text that addresses the reader's machine instead of the reader.

A hit can only add friction, so a false alarm costs a person thirty seconds, and a miss costs nothing that the policy
does not already guard.
"""

import re
from typing import Final, NamedTuple


class Order(NamedTuple):
    """A pattern, and words of which it cannot match without one: most requests hold none of them."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]


def _order(words: str, pattern: str) -> Order:
    return Order(tuple(words.split("|")), re.compile(pattern))


ORDERS: Final = (
    _order(
        "ignore|disregard|forget|override|bypass|skip",
        r"\b(ignore|disregard|forget|override|bypass|skip)\b.{0,40}"
        r"\b(instruction|prompt|rule|polic|guideline|above|previous|prior)",
    ),
    _order("system|developer", r"\b(system|developer)\s*(prompt|message|note|override)"),
    _order("you are ", r"\byou are (now|an? (ai|assistant|model|llm|approver))\b"),
    _order("as a", r"\bas an? (ai|assistant|language model|llm)\b"),
    _order("level|auto", r"\b(risk[_ ]level|approver[_ ]level|auto[_ ]?approve[d]?|suggested[_ ]level)\b"),
    _order(
        "risk|as low|routine|safe|approved",
        r"\b(set|mark|rate|classify|treat|report|assess)\b.{0,40}\b(risk|as low|low risk|routine|safe|approved)\b",
    ),
    _order("approved", r"\b(already|pre)[- ]?approved\b"),
    _order(
        "escalat|review|flag|ask a ",
        r"\b(do not|don't|never|without)\b.{0,30}\b(escalat|review|flag|ask a (human|person)|human review)",
    ),
    _order(
        "respond|reply|answer|output|return",
        r"\b(respond|reply|answer|output|return)\b.{0,20}\b(only|with|exactly|json)\b",
    ),
    _order("confidence", r"\bconfidence\b.{0,12}\b(1\.0|1|100 ?%)"),
    _order(
        "<|inst]|###",
        r"<\|?[a-z_]*(im_start|im_end|system|assistant|endoftext)[a-z_]*\|?>|\[/?inst\]|###\s*(instruction|system)",
    ),
    _order(
        "ignorier|missacht|vergiss",
        r"\b(ignorier|missacht|vergiss)\w*\b.{0,40}\b(anweisung|regel|vorgabe|richtlini)",
    ),
    _order("ignore|oublie", r"\b(ignore[zr]?|oublie[zr]?)\b.{0,40}\b(instruction|consigne|règle)"),
    _order(
        "ignora|olvida|omite",
        r"\b(ignora|olvida|omite)\w*\b.{0,40}\b(instruccion|regla|anterior|istruzion|regol|precedent)",
    ),
    _order(
        "ignore|desconsidere|esqueça", r"\b(ignore|desconsidere|esqueça)\b.{0,40}\b(instruç|regra|anterior)"
    ),
    _order("忽略|无视|忘记|無視", r"(忽略|无视|忘记|無視).{0,20}(指令|指示|规则|規則|提示)"),
    _order("無視|忘れ", r"(指示|命令|ルール).{0,12}(無視|忘れ)"),
    _order("игнорируй", r"игнорируй\w*.{0,40}(инструкц|правил)"),
)

_BY_WORD: Final = tuple((word, order.pattern) for order in ORDERS for word in order.words)

# Nobody can read it, a machine can. Looked for at the start of each run of letters only, so in one pass.
_ENCODED: Final = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{120}")


def holds_orders(text: str) -> bool:
    """True when `text`, in one case and with single spaces, reads like instructions to a machine."""
    likely = {pattern for word, pattern in _BY_WORD if word in text}
    return any(pattern.search(text) for pattern in (*likely, _ENCODED))
