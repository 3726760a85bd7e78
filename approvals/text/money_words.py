# SPDX-License-Identifier: Apache-2.0
"""Words beside amounts: what multiplies one, and what says that it is not the amount that is asked for."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

from approvals.text.phrases import any_of

_MULTIPLIERS: Final[Mapping[str, str]] = {
    "1e3": """k t thousand thsd tsd tsd. tausend mille mil mila duizend тыс тыс. тысяч тысячи тысяча ألف آلاف الف ألفا
        हज़ार हजार ribu bin rb""",
    "1e5": "lakh lakhs lac lacs लाख",
    "1e6": """m mm mn mio mio. million millions millionen millón millon millones milhão milhao milhões milhoes milione
        milioni miljoen млн млн. миллион миллиона миллионов مليون ملايين juta milyon""",
    "1e7": "crore crores cr करोड़",
    "1e9": """b bn mrd mrd. md billion billions milliard milliards milliarde milliarden bilhão bilhões miliardo miliardi
        miljard млрд млрд. миллиард миллиарда миллиардов مليار مليارات अरब""",
}
MULTIPLIERS: Final[Mapping[str, Decimal]] = {
    unicodedata.normalize("NFKC", word): Decimal(value)
    for value, words in _MULTIPLIERS.items()
    for word in words.split()
}
"""What a case-folded word behind a number multiplies it by."""

# Phrases between semicolons; * stands for any ending. An amount in their clause is not what is asked for.
_SAVED: Final = """
    save; saves; saved; saving; savings; spart; sparen; spare; einspar*; ersparnis; économis*; économie de;
    ahorr*; economi*; risparmi*; 节省; 节约; 節約; 節減; 削減; توفر; توفير; ستوفر; बचत; 절감; 절약; эконом*;
    bespar*
"""
_OTHER_PRICE: Final = """
    was; were; instead of; rather than; list price; rrp; msrp; formerly; used to; reduced from; down from;
    compared to; compared with; statt; anstatt; bisher; uvp; früher; au lieu de; prix barré; anciennement;
    rebajado de; en lugar de; en vez de; antes; em vez de; promoção, de; era de; scontato da; invece di;
    anziché; 原价; 原價; 定価; 通常価格; 市场价; بدلا من; بدلاً من; 정가; вместо; раньше; in plaats van
"""
_BUDGETED: Final = """
    budget*; jahresbudget; presupuesto anual; presupuesto disponible; presupuesto total del; orçamento anual;
    orçamento disponível; orçamento da área; 预算; 預算; 予算; الميزانية; बजट; 예산; бюджет*
"""
_INSURED: Final = """
    sum insured; insured; cover; covers; covering; coverage; liability limit; liability cap; liability of;
    versicherungssumme; deckungssumme; capital garanti; plafond; cobertura; massimale; 保额; 保額; 補償額;
    보험금; страховая сумма
"""
_THREATENED: Final = """
    penalt*; fine of; otherwise; or else; rise to; rises to; would cost; would be; vertragsstrafe; sonst;
    danach; sinon; pénalité*; luego; después; depois; multa; altrimenti; penale; 罚款; 違約金; иначе; غرامة
"""
_EARNED_OR_PAST: Final = """
    revenue*; turnover; worth; valued at; sales of; last year; last month; last quarter; previous*; umsatz*;
    vorjahr*; letztes jahr; chiffre d'affaires; l'an dernier; l'année dernière; facturación; el año pasado;
    faturamento; ano passado; fatturato; l'anno scorso; 营业额; 销售额; 去年; 売上; 昨年; 前年; 매출; выручк*;
    в прошлом году
"""
_BEHIND: Final = """
    の節約; の節減; の削減; 節約; की बचत; बचत; थी; था; 절감; 절약; saved; savings; in savings; less;
    a year less; gespart; d'économie*; de ahorro; de economia; di risparmio; экономии; 的预算; 预算内; の予算;
    予算
"""
_TAX: Final = """
    vat; gst; hst; sales tax; mwst; ust; umsatzsteuer; mehrwertsteuer; tva; ttc; iva; btw; moms; 增值税; 含税;
    消費税; 税込; 税抜; ضريبة; जीएसटी; 부가세; ндс
"""
_TOTAL: Final = """
    total*; makes; comes to; macht; ergibt; fait; font; suman; soma; fanno; sum; altogether; in all;
    all in; overall; grand total; amount due; gesamt*; summe; insgesamt; zusammen; montant; en tout;
    importe; em tudo; valor; totale; importo; in tutto; 合计; 总计; 共计; 总价; 合計; 総額; 総計;
    الإجمالي; إجمالي; कुल; 합계; 총액; итого; всего; samen; totaal
"""
_TOTAL_BEHIND: Final = """
    in total; altogether; insgesamt; zusammen; en tout; au total; en total; em total; in tutto; in totale; 合计; 总计;
    共计; 合計; 総計; कुल मिलाकर; إجمالا; المجموع; 합계; итого; всего; samen; in totaal
"""
_PART: Final = """
    instalment*; installment*; down payment; downpayment; deposit; advance; part payment; rate; teilzahlung;
    anzahlung; abschlag*; acompte; versement; cuota*; anticipo*; señal; parcela*; entrada; sinal; acconto; rata;
    分期; 首付; 定金; 预付; 分割; 手付; 頭金; किस्त; دفعة*; الدفعة; 계약금; аванс*; взнос*; termijn; aanbetaling
"""
_MEASURES: Final = "litre liter litro l gallon gal kg kwh mwh km m2 m3 gb min token tokens kilo"


def _background(place: str) -> list[str]:
    lines = Path(__file__).with_name("money_background.txt").read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(f"{place}: ") for line in lines if line.startswith(f"{place}: ")]


ASIDE_BEFORE: Final = re.compile(
    any_of(_SAVED, _OTHER_PRICE, _BUDGETED, _INSURED, _THREATENED, _EARNED_OR_PAST)
)
ASIDE_BEHIND: Final = re.compile(rf"[\s,]{{0,2}}(?:{any_of(_BEHIND)}|por (?=r\$|€|[0-9]))")
"""What stands before and behind an amount that is saved, replaced, insured, budgeted, earned or threatened."""
BACKGROUND_BEFORE: Final = re.compile(any_of(*_background("before")))
BACKGROUND_BEHIND: Final = re.compile(rf"[\s,]{{0,2}}(?:{any_of(*_background('behind'))})")
"""What stands beside an amount that explains a request: a dispute, a deal, a limit, another offer, what is left."""
TAX: Final = re.compile(any_of(_TAX))
TOTAL: Final = re.compile(any_of(_TOTAL))
TOTAL_BEHIND: Final = re.compile(rf"[\s,]{{0,2}}(?:{any_of(_TOTAL_BEHIND)})")
PART: Final = re.compile(any_of(_PART))
"""What says that an amount is an instalment or a deposit."""
UNIT_OF_MEASURE: Final = re.compile(
    rf"\s?(?:/|per|pro|par|por|al|je|a|the)\s?(?:{'|'.join(_MEASURES.split())})\b"
)
"""Behind a price that may have three decimals: fuel, power."""
