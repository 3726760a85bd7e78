# SPDX-License-Identifier: Apache-2.0
"""Numbers in words: English, German, French, Spanish, Portuguese, Italian, Dutch, and in Chinese characters."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

_HUNDRED: Final = 100
_FROM_FOUR_TO_EIGHTY: Final = Decimal(76)
_LARGEST: Final = Decimal("1e15")

# word=value; what multiplies the words before it stands in `_SCALES` or `_HUNDREDS`.
_VALUES: Final[Mapping[str, str]] = {
    "en": """one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13
        fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50
        sixty=60 seventy=70 eighty=80 ninety=90 half=0.5""",
    "de": """
        ein=1 eine=1 eins=1 einer=1 zwei=2 zwo=2 drei=3 vier=4 fünf=5 fuenf=5 sechs=6 sieben=7 acht=8 neun=9 zehn=10
        elf=11 zwölf=12 zwoelf=12 dreizehn=13 vierzehn=14 fünfzehn=15 fuenfzehn=15 sechzehn=16 siebzehn=17 achtzehn=18
        neunzehn=19 zwanzig=20 dreißig=30 dreissig=30 vierzig=40 fünfzig=50 fuenfzig=50 sechzig=60 siebzig=70 achtzig=80
        neunzig=90 halbe=0.5 anderthalb=1.5""",
    "fr": """un=1 une=1 deux=2 trois=3 quatre=4 cinq=5 six=6 sept=7 huit=8 neuf=9 dix=10 onze=11 douze=12 treize=13
        quatorze=14 quinze=15 seize=16 vingt=20 vingts=20 trente=30 quarante=40 cinquante=50 soixante=60 septante=70
        huitante=80 octante=80 nonante=90 demi=0.5""",
    "es": """
        un=1 una=1 uno=1 dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 diez=10 once=11 doce=12 trece=13
        catorce=14 quince=15 dieciséis=16 diecisiete=17 dieciocho=18 diecinueve=19 veinte=20 veintiún=21 veintiuno=21
        veintidós=22 veintitrés=23 veinticuatro=24 veinticinco=25 veintiséis=26 veintisiete=27 veintiocho=28
        veintinueve=29 treinta=30 cuarenta=40 cincuenta=50 sesenta=60 setenta=70 ochenta=80 noventa=90 cien=100
        ciento=100 doscientos=200 trescientos=300 cuatrocientos=400 quinientos=500 seiscientos=600 setecientos=700
        ochocientos=800 novecientos=900 doscientas=200 trescientas=300 cuatrocientas=400 quinientas=500
        seiscientas=600 setecientas=700 ochocientas=800 novecientas=900 medio=0.5""",
    "pt": """um=1 uma=1 dois=2 duas=2 três=3 tres=3 quatro=4 cinco=5 seis=6 sete=7 oito=8 nove=9 dez=10 onze=11 doze=12
        treze=13 catorze=14 quatorze=14 quinze=15 dezesseis=16 dezasseis=16 dezessete=17 dezassete=17 dezoito=18
        dezenove=19 dezanove=19 vinte=20 trinta=30 quarenta=40 cinquenta=50 sessenta=60 setenta=70 oitenta=80
        noventa=90 cem=100 cento=100 duzentos=200 trezentos=300 quatrocentos=400 quinhentos=500 seiscentos=600
        setecentos=700 oitocentos=800 novecentos=900 duzentas=200 trezentas=300 quatrocentas=400 quinhentas=500
        seiscentas=600 setecentas=700 oitocentas=800 novecentas=900 meio=0.5""",
    "it": """un=1 uno=1 una=1 due=2 tre=3 quattro=4 cinque=5 sei=6 sette=7 otto=8 nove=9 dieci=10 undici=11 dodici=12
        tredici=13 quattordici=14 quindici=15 sedici=16 diciassette=17 diciotto=18 diciannove=19 venti=20 trenta=30
        quaranta=40 cinquanta=50 sessanta=60 settanta=70 ottanta=80 novanta=90 mezzo=0.5""",
    "nl": """een=1 één=1 twee=2 drie=3 vier=4 vijf=5 zes=6 zeven=7 acht=8 negen=9 tien=10 elf=11 twaalf=12 dertien=13
        veertien=14 vijftien=15 zestien=16 zeventien=17 achttien=18 negentien=19 twintig=20 dertig=30 veertig=40
        vijftig=50 zestig=60 zeventig=70 tachtig=80 negentig=90 halve=0.5 anderhalf=1.5""",
}
_HUNDREDS: Final[Mapping[str, str]] = {
    "en": "hundred hundreds",
    "de": "hundert",
    "fr": "cent cents",
    "es": "",
    "pt": "",
    "it": "cento",
    "nl": "honderd",
}
_SCALES: Final[Mapping[str, str]] = {
    "en": "thousand=1e3 million=1e6 millions=1e6 billion=1e9 billions=1e9 lakh=1e5 lakhs=1e5 crore=1e7 crores=1e7",
    "de": "tausend=1e3 million=1e6 millionen=1e6 milliarde=1e9 milliarden=1e9",
    "fr": "mille=1e3 million=1e6 millions=1e6 milliard=1e9 milliards=1e9",
    "es": "mil=1e3 millón=1e6 millon=1e6 millones=1e6",
    "pt": "mil=1e3 milhão=1e6 milhao=1e6 milhões=1e6 milhoes=1e6 bilhão=1e9 bilhões=1e9",
    "it": "mille=1e3 mila=1e3 milione=1e6 milioni=1e6 miliardo=1e9 miliardi=1e9",
    "nl": "duizend=1e3 miljoen=1e6 miljard=1e9",
}
_JOINED: Final[Mapping[str, str]] = {  # words that join others and add nothing
    "en": "and a an",
    "de": "und",
    "fr": "et",
    "es": "y",
    "pt": "e",
    "it": "e",
    "nl": "en",
}
_COMPOUNDING: Final = frozenset({"de", "it", "nl"})
"""Languages that write a number as one word."""


class _Vocabulary(NamedTuple):
    values: Mapping[str, Decimal]
    hundreds: frozenset[str]
    scales: Mapping[str, Decimal]
    joined: frozenset[str]
    parts: re.Pattern[str] | None

    def knows(self, word: str) -> bool:
        return word in self.values or word in self.hundreds or word in self.scales or word in self.joined


def _pairs(text: str) -> dict[str, Decimal]:
    return {word: Decimal(value) for word, value in (pair.split("=") for pair in text.split())}


def _vocabulary(language: str) -> _Vocabulary:
    values, scales = _pairs(_VALUES[language]), _pairs(_SCALES[language])
    hundreds, joined = frozenset(_HUNDREDS[language].split()), frozenset(_JOINED[language].split())
    every = sorted({*values, *scales, *hundreds, *joined}, key=len, reverse=True)
    parts = re.compile("|".join(map(re.escape, every))) if language in _COMPOUNDING else None
    return _Vocabulary(values, hundreds, scales, joined, parts)


_VOCABULARIES: Final = tuple(_vocabulary(language) for language in _VALUES)
_KNOWN: Final = frozenset(
    word for each in _VOCABULARIES for word in (*each.values, *each.hundreds, *each.scales, *each.joined)
)
_JOINING: Final = frozenset(word for each in _VOCABULARIES for word in each.joined)
_IN_COMPOUNDS: Final = re.compile("hundert|tausend|zig|zehn|milli|cent|mil|anta|honderd|duizend|tig")
_LONGEST_WORD: Final = 60


def words_value(words: Sequence[str]) -> Decimal | None:
    """The number that case-folded words stand for together in one language; None when they are no number."""
    for vocabulary in _VOCABULARIES:
        parts = _taken_apart(vocabulary, words)
        if parts:
            return _sum(vocabulary, parts)
    return None


def is_number_word(word: str) -> bool:
    """True when a case-folded word belongs to a number in some language, if only to join others."""
    if word in _KNOWN:
        return True
    if len(word) > _LONGEST_WORD or not _IN_COMPOUNDS.search(word):
        return False
    return any(_taken_apart(vocabulary, (word,), alone=False) for vocabulary in _VOCABULARIES)


def joins_numbers(word: str) -> bool:
    """True when a case-folded word only joins others: `and`, or `a` in "a hundred"."""
    return word in _JOINING


def _taken_apart(vocabulary: _Vocabulary, words: Sequence[str], *, alone: bool = True) -> list[str]:
    """The parts of a number's words; none when one is not of this language, or when all only join others."""
    parts: list[str] = []
    for word in words:
        if vocabulary.knows(word):
            parts.append(word)
        elif vocabulary.parts is None or not (inside := _compound(vocabulary.parts, word)):
            return []
        else:
            parts += inside
    return [] if alone and all(part in vocabulary.joined for part in parts) else parts


def _compound(pattern: re.Pattern[str], word: str) -> list[str]:
    """The parts of a word such as `neuntausend`, the longest first; none when something is left over."""
    parts, place = [], 0
    while place < len(word) and len(word) <= _LONGEST_WORD:
        found = pattern.match(word, place)
        if found is None:
            return []
        parts.append(found[0])
        place = found.end()
    return parts if place == len(word) else []


def _sum(vocabulary: _Vocabulary, parts: Sequence[str]) -> Decimal | None:
    total, group = Decimal(0), Decimal(0)
    last = ""
    for part in parts:
        if part in vocabulary.scales:
            scale = vocabulary.scales[part]
            total += (group or Decimal(1)) * scale
            group = Decimal(0)
        elif part in vocabulary.hundreds:
            group = (group or Decimal(1)) * _HUNDRED if group < _HUNDRED else group + _HUNDRED
        elif part in vocabulary.values:
            eighty = last == "quatre" and part in {"vingt", "vingts"}  # quatre-vingt is four times twenty
            group += _FROM_FOUR_TO_EIGHTY if eighty else vocabulary.values[part]
        if part not in vocabulary.joined:
            last = part
        if total > _LARGEST or group > _LARGEST:
            return None
    return total + group


# --- Chinese characters, as Chinese, Japanese and Korean write them, with digits between them ---------------------

_DIGITS: Final = {
    character: value
    for value, characters in enumerate(
        ("零〇", "一壹壱", "二贰貳弐两兩", "三叁參参", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for character in characters
}
_SMALL: Final = {
    "十": 10,
    "拾": 10,
    "십": 10,
    "百": 100,
    "佰": 100,
    "백": 100,
    "千": 1000,
    "仟": 1000,
    "천": 1000,
}
_LARGE: Final = {"万": 10**4, "萬": 10**4, "만": 10**4, "億": 10**8, "亿": 10**8, "억": 10**8, "兆": 10**12}
CHARACTERS: Final = "".join([*_DIGITS, *_SMALL, *_LARGE])
"""Every character of a number that is not an ASCII digit."""
UNITS: Final = "".join([*_SMALL, *_LARGE])
_PARTS: Final = re.compile(rf"[0-9]+(?:\.[0-9]+)?|[{CHARACTERS}]")


def characters_value(text: str) -> Decimal | None:
    """The number in `text`, of the characters above and of digits with a point: 十二万, 3.5万, 6万4千, 九千."""
    total, section, number, seen = Decimal(0), Decimal(0), Decimal(0), False
    for part in _PARTS.findall(text):
        if part in _LARGE:
            total += ((section + number) or 1) * _LARGE[part]
            section = number = Decimal(0)
        elif part in _SMALL:
            section += (number or 1) * _SMALL[part]
            number = Decimal(0)
        elif part in _DIGITS:
            number = (
                number * 10 + _DIGITS[part] if seen else Decimal(_DIGITS[part])
            )  # 二〇二六 is digit by digit
        else:
            number = Decimal(part)
        seen = part in _DIGITS
        if total > _LARGEST or number > _LARGEST:
            return None
    return total + section + number
