# SPDX-License-Identifier: Apache-2.0
"""Currencies: the codes of ISO 4217 with their decimals, and the signs and words that people write instead.

Source of the codes and decimals: ISO 4217 "list one", published by the maintenance agency (SIX) on 2026-01-01.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

_NO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DECIMALS: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
    COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS: Final = "CLF UYW"
# BGN and HRK gave way to EUR; old invoices still name them.
_FORMER: Final = "BGN HRK"

DECIMALS: Final[Mapping[str, int]] = {
    code: decimals
    for decimals, codes in (
        (0, _NO_DECIMALS),
        (2, _TWO_DECIMALS),
        (2, _FORMER),
        (3, _THREE_DECIMALS),
        (4, _FOUR_DECIMALS),
    )
    for code in codes.split()
}
"""How many decimals each currency has."""

_DOLLARS: Final = "USD CAD AUD NZD SGD HKD TWD MXN BZD BBD BMD BSD FJD GYD JMD KYD LRD NAD SBD SRD TTD XCD"
_PESOS: Final = "MXN ARS CLP COP PHP DOP UYU CUP"
_POUNDS: Final = "GBP EGP LBP SYP SDG SSP FKP GIP SHP"
_FRANCS: Final = "CHF XOF XAF XPF RWF DJF GNF KMF BIF CDF"
_RUPEES: Final = "INR PKR LKR NPR MUR SCR"
_CROWNS: Final = "SEK NOK DKK CZK ISK"
_DINARS: Final = "KWD BHD JOD IQD TND LYD DZD RSD"
_RIYALS: Final = "SAR QAR OMR YER IRR"
_DIRHAMS: Final = "AED MAD"
_POLICY_FIRST: Final = "CNY TWD"

_WRITTEN: Final[Mapping[str, str]] = {
    # Signs
    "€": "EUR",
    "£": _POUNDS,
    "$": f"{_DOLLARS} {_PESOS}",
    "¥": "JPY CNY",
    "₹": "INR",
    "₨": _RUPEES,
    "₩": "KRW KPW",
    "₽": "RUB",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "₫": "VND",
    "฿": "THB",
    "₱": "PHP",
    "₦": "NGN",
    "₡": "CRC",
    "₲": "PYG",
    "₵": "GHS",
    "₸": "KZT",
    "₼": "AZN",
    "₾": "GEL",
    "৳": "BDT",
    "₭": "LAK",
    "₮": "MNT",
    "﷼": _RIYALS,
    "us$ u$s usd$ $us $su us_dollar us_dollars u.s._dollar u.s._dollars us-dollar us-dollars us-dollars": "USD",
    "ca$ c$ cad$ cdn$": "CAD",
    "au$ a$ aud$": "AUD",
    "nz$ nzd$": "NZD",
    "canadian_dollar canadian_dollars": "CAD",
    "australian_dollar australian_dollars": "AUD",
    "hong_kong_dollar hong_kong_dollars": "HKD",
    "singapore_dollar singapore_dollars": "SGD",
    "swiss_franc swiss_francs schweizer_franken francs_suisses": "CHF",
    "hk$": "HKD",
    "nt$ ntd": "TWD",
    "s$ sg$ sgd$": "SGD",
    "mx$ mex$": "MXN",
    "r$ brl$": "BRL",
    "cn¥ rmb¥": "CNY",
    "jp¥ jpy¥": "JPY",
    # Abbreviations
    "rmb": "CNY",
    "sfr. sfr fr. frs": _FRANCS,
    "kr. kr": _CROWNS,
    "kč": "CZK",
    "zł zl": "PLN",
    "ft": "HUF",
    "rs. rs": _RUPEES,
    "rp. rp": "IDR",
    "rm": "MYR",
    "tl": "TRY",
    "dh dhs": _DIRHAMS,
    "kd": "KWD",
    "bd": "BHD",
    "руб. руб р.": "RUB BYN",
    "грн. грн": "UAH",
    "лв. лв": "BGN",
    "щ.д.": "USD",
    # Latin words
    "dollar dollars dólar dólares dolar dolares bucks": _DOLLARS,
    "euro euros eur. teuro": "EUR",
    "pound pounds quid sterling pfund livre livres libra libras": _POUNDS,
    "franc francs franken franco francos": _FRANCS,
    "yen yens iene ienes": "JPY",
    "yuan yuans renminbi": "CNY",
    "rupee rupees rupien roupies rupias": _RUPEES,
    "real reais": "BRL",
    "peso pesos": _PESOS,
    "krone kroner kronor krona kronen": _CROWNS,
    "zloty zlotys złoty złotych": "PLN",
    "forint forints": "HUF",
    "rand": "ZAR",
    "lira liras": "TRY",
    "baht": "THB",
    "ringgit": "MYR",
    "rupiah": "IDR",
    "won": "KRW",
    "dinar dinars dinare": _DINARS,
    "riyal riyals rial rials": _RIYALS,
    "dirham dirhams": _DIRHAMS,
    "shekel shekels": "ILS",
    "rouble roubles ruble rubles rubel": "RUB",
    # Chinese, Japanese, Korean
    "元 圆 圓 塊 块": _POLICY_FIRST,
    "元人民币 人民币 人民幣 元人民幣 块钱 塊錢 元整": "CNY",
    "人民元": "CNY",
    "美元 美金 美刀 米ドル": "USD",
    "ドル": _DOLLARS,
    "欧元 歐元 ユーロ": "EUR",
    "英镑 英鎊 ポンド": "GBP",
    "円 日元 日圆 日圓 日円": "JPY",
    "港元 港币 港幣 香港ドル": "HKD",
    "台币 台幣 新台币 新台幣 台湾ドル": "TWD",
    "瑞士法郎 スイスフラン": "CHF",
    "韩元 韓元 ウォン 원": "KRW",
    "달러": _DOLLARS,
    "유로": "EUR",
    "엔": "JPY",
    "위안": "CNY",
    # Cyrillic, Arabic, Hindi
    "рубль рубля рублей рубли": "RUB",
    "доллар доллара долларов доллары": _DOLLARS,
    "евро": "EUR",
    "гривна гривен гривны": "UAH",
    "دولار دولارات دولارا": _DOLLARS,
    "يورو": "EUR",
    "ريال ريالا": _RIYALS,
    "درهم درهما دراهم": _DIRHAMS,
    "دينار دينارا دنانير": _DINARS,
    "جنيه": "EGP GBP",
    "د.إ د.إ.": "AED",
    "د.ك د.ك.": "KWD",
    "د.ب د.ب.": "BHD",
    "د.أ د.أ.": "JOD",
    "د.ع د.ع.": "IQD",
    "د.ت د.ت.": "TND",
    "د.ل د.ل.": "LYD",
    "د.ج د.ج.": "DZD",
    "د.م د.م.": "MAD",
    "ر.س ر.س.": "SAR",
    "ر.ق ر.ق.": "QAR",
    "ر.ع ر.ع.": "OMR",
    "ج.م ج.م.": "EGP",
    "रुपये रुपए रुपया रुपयों रु. रु ₹": _RUPEES,
    "डॉलर": _DOLLARS,
    "यूरो": "EUR",
}

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    unicodedata.normalize("NFKC", spelling).replace("_", " "): tuple(codes.split())
    for spellings, codes in _WRITTEN.items()
    for spelling in spellings.split()
}
"""What may be written for which currencies, the likeliest first. Case-folded; codes are not among them."""
_EVERY: Final = (*SPELLINGS, *DECIMALS)


def _lengths(place: int) -> Mapping[str, Sequence[int]]:
    """The lengths of the spellings that have a character at `place`, in any case, the longest first."""
    found: dict[str, set[int]] = {}
    for each in _EVERY:
        for form in (each[place], each[place].upper(), each[place].lower()):
            found.setdefault(form, set()).add(len(each))
    return {form: sorted(lengths, reverse=True) for form, lengths in found.items()}


LENGTHS_BY_FIRST: Final = _lengths(0)
LENGTHS_BY_LAST: Final = _lengths(-1)
"""How long a spelling is that begins or ends with a character: a look at one character spares most searches."""

_ANY_CASE: Final = frozenset(
    [
        "USD",
        "EUR",
        "GBP",
        "CHF",
        "JPY",
        "CNY",
        "INR",
        "BRL",
        "AUD",
        "CAD",
        "MXN",
        "KRW",
        "SGD",
        "HKD",
        "AED",
        "SAR",
        "ZAR",
        "SEK",
        "NOK",
        "DKK",
        "PLN",
        "CZK",
        "HUF",
        "ILS",
        "THB",
        "MYR",
        "IDR",
        "PHP",
        "VND",
        "KWD",
        "QAR",
        "BHD",
        "OMR",
        "JOD",
        "TND",
        "EGP",
        "RUB",
        "UAH",
        "COP",
        "ARS",
        "CLP",
        "NZD",
        "TWD",
    ]
)
_WEAK: Final = frozenset(
    [
        "ALL",
        "TOP",
        "TRY",
        "MOP",
        "CUP",
        "PEN",
        "COP",
        "GEL",
        "LAK",
        "SOS",
        "BAM",
        "MAD",
        "RON",
        "FJD",
        "bucks",
        "quid",
        "ft",
        "rm",
        "tl",
        "kd",
        "bd",
        "dh",
        "rp",
        "r$",
        "fr.",
        "frs",
        "kr.",
        "real",
        "rand",
        "won",
        "pound",
        "pounds",
        "pfund",
        "livre",
        "livres",
        "libra",
        "libras",
        "franc",
        "francs",
        "lira",
        "liras",
        "zl",
        "р.",
        "rs.",
        "元",
        "块",
        "塊",
        "圆",
        "圓",
        "р.",
        "лв",
    ]
) - {"r$", "元", "圆", "圓"}


class Spelling(NamedTuple):
    """What a sign or word may mean. A weak one often means something else: `ft` is a foot."""

    currencies: tuple[str, ...]
    weak: bool


def currencies_of(spelling: str) -> tuple[str, ...]:
    """The codes that a code in any case, a sign or a word may stand for; none when it names no currency."""
    code = spelling.upper()
    return (code,) if code in DECIMALS else SPELLINGS.get(spelling.casefold(), ())


def spelling_of(text: str) -> Spelling | None:
    """The currencies that exactly `text` may stand for in a sentence, where `all` is no code; None for none."""
    if text in DECIMALS or (text.isalpha() and text.upper() in _ANY_CASE):
        return Spelling((text.upper(),), text in _WEAK)
    folded = text.casefold()
    codes = SPELLINGS.get(folded)
    return Spelling(codes, folded in _WEAK) if codes else None
