# SPDX-License-Identifier: Apache-2.0
"""Which of the four languages a text is written in."""

import re
from typing import Final

from approvals.domain.terms import Language

_READ: Final = 4_000  # characters; the language shows long before
_KANA: Final = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD: Final = re.compile(r"(?<![\w.@/])[A-Za-z\u00c0-\u024f]+(?![\w@])")
# Words and pairs of words that Portuguese has and English, Spanish, French, Italian and German have not.
_PORTUGUESE: Final = re.compile(
    r"\b(?:[^\W\d_]*[ãõ][^\W\d_]*|uma|umas|duas|dois|três|pelos?|pelas?|vocês?|também|até|seu|meu|minhas?|nossos?|nossas?"
    r"|isso|isto|às|aos|viagem|reembolso|precis[oa]|precisamos|cadeiras?|licenças?|serviços?|preço|orçamento|acesso"
    r"|fornecedor(?:es)?|financeiro|obrigad[oa]|nota fiscal|de uma?|por uma?|(?:para|com|em) (?:uma?|os?|as?))\b"
)
_PORTUGUESE_TOO: Final = re.compile(
    r"\b(?:com|em|para|de|d[oa]s?|n[oa]s?|por|que|e|[oa]s?|um|ao|mais|ou|se)\b"
)


def language_of(text: str) -> Language:
    """Chinese or Japanese where their script carries the text, Portuguese where its words do, else English."""
    beginning = text[:_READ]
    kana, han = len(_KANA.findall(beginning)), len(_HAN.findall(beginning))
    words = _WORD.findall(beginning)
    # A Chinese or Japanese word has about two characters, and names of products are often Latin beside them.
    if (kana + han) * 3 > len(words):
        return Language.JAPANESE if kana * 8 >= han else Language.CHINESE
    sentence = " ".join(words).casefold()
    telling, shared = len(_PORTUGUESE.findall(sentence)), len(_PORTUGUESE_TOO.findall(sentence))
    if telling and (telling * 2 + shared) * 4 >= len(words):
        return Language.PORTUGUESE
    return Language.ENGLISH
