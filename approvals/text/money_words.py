# SPDX-License-Identifier: Apache-2.0
"""Words beside amounts: what multiplies one, and what says that it is not the amount that is asked for."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
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
# Amounts that explain a request which names its own amount: what a dispute, a deal or a fund is about.
_DISPUTED: Final = """
    dispute*; lawsuit; litigation; amount at issue; in dispute; claim of; claim for; damage of; damages of; debt of;
    streitwert*; streit um; gegenstandswert; rechtsstreit; forderung*; schaden*; litige*; différend; créance*; préjudice;
    pleito*; litigio*; reclamación*; demanda por; deuda de; processo de; litígio*; disputa*; ação de; dívida de;
    contenzioso; controversia; causa da; credito di; 争议; 爭議; 标的; 诉讼标的; 索赔; 係争; 訴額; 請求額; 損害額; نزاع;
    النزاع; مطالبة; विवाद; दावे; दावा; 분쟁; 소송; спор*; иск*; geschil; vordering
"""
_DEAL: Final = """
    contract worth; contract of; contract over; deal*; opportunity; pipeline; tender*; bid for; project worth;
    project of; project budget; portfolio; investment of; funding; fund of; fund has; grant of; loan of; mortgage;
    capital; raised; raises; donations of; assets; stock worth; goods worth; machine worth; saves us; to win; order
    volume; volume of; auftragsvolumen; auftrag über; auftragswert; auftrag von; projekt über; projektvolumen;
    fördermittel; förderung von; darlehen; kredit; kapital; investition*; warenwert; anlage im wert; marché de; contrat
    de; contrat d'; projet de; prêt de; subvention*; fonds; levée; investissement*; contrato de; contrato por; proyecto
    de; subvención*; préstamo*; inversión*; fondo*; licitación*; projeto de; empréstimo*; investimento*; licitação;
    verba; subsídio*; contratto da; contratto di; progetto da; prestito; finanziamento*; bando; appalto; 合同额; 合同金额;
    项目总额; 项目金额; 贷款; 资助; 投资; 基金; 资产; 契約額; 案件; 融資; 助成金; 投資; 資産; 受注額; عقد بقيمة; مشروع; قرض;
    منحة; استثمار; अनुबंध; परियोजना; ऋण; अनुदान; निवेश; 계약금액; 대출; 투자; контракт*; кредит*; грант*; инвестици*;
    subsidie; lening; opdracht van
"""
_SOLD: Final = """
    sale of; sold; sells; selling; sale price; purchase of a; bought; property; building; house; warehouse; plan; plans;
    programme; program; year's; annual; kaufpreis*; verkaufspreis*; verkauf*; erwerb*; immobilie*; grundstück*; jahresplan*;
    wert; vente; achat de; prix de vente; immeuble; valeur; venta; compraventa; precio de venta; inmueble; valor de; venda;
    preço de venda; imóvel; valor do; vendita; immobile; prezzo di vendita; 售价; 出售; 房价; 成交价; 转让; 年度; 売却; 売買;
    販売価格; 物件; 年間; بيع; شراء; قيمة; العقار; बिक्री; खरीद मूल्य; मूल्य; संपत्ति; 매매; 매각; 연간; продаж*; стоимост*; verkoop*;
    koopsom
"""
_LIMIT: Final = """
    limit*; threshold*; up to; below; under; within; minimum; maximum; max.; min.; cap of; capped at; ceiling; quota;
    deductible; excess; above the; over the; anything over; grenze; freigrenze; höchstbetrag; obergrenze; bis zu; unter;
    unterhalb; selbstbehalt; mindest*; höchstens; seuil; limite; maximum de; jusqu'à; en dessous; franchise; umbral;
    límite; hasta; menos de; por debajo; máximo; mínimo; franquicia; até; abaixo; soglia; massimo; fino a; sotto; 限额;
    上限; 以下; 起付; 门槛; 限度; 最低; 最高; 免责; 限度額; حد; الحد; أقل من; सीमा; 한도; 이하; лимит*; порог*; до; limiet;
    drempel; maximaal
"""
_PAST_PARTY: Final = """
    prior; predecessor; competitor*; competing; other offer*; other quote*; second quote; second offer; third quote;
    next best; next cheapest; cheapest other; alternative*; average; market price; new price; replacement; replacing;
    original price; purchase price; bought for; originally; vorgänger*; mitbewerber*; wettbewerber*; vergleichsangebot*;
    anderes angebot; neupreis; durchschnitt*; ursprünglich*; neuanschaffung; concurrent*; autre devis; autres devis;
    prix neuf; moyenne; à l'origine; remplacement; competidor*; otra oferta; otro presupuesto; otras ofertas; promedio;
    originalmente; concorrente*; outra proposta; outro orçamento; média; originalmente; altro preventivo; altra offerta;
    prezzo nuovo; media; 竞争对手; 其他报价; 另一家; 平均; 原先; 他社; 相見積; 平均; 新品; 当初; المنافس; عرض آخر; متوسط;
    प्रतिस्पर्धी; दूसरा; औसत; 경쟁사; 평균; конкурент*; средн*; новый стоит; concurrent; gemiddeld*
"""
_HELD: Final = """
    remaining budget; still has; has left; balance; account holds; account shows; credit line; salary; wage*; annual cost*;
    payroll; cost us; costs us; lost; loss of; risk of; guthaben; kontostand; gehalt; jahresgehalt; ausfall; verlust*;
    kostet uns; solde; salaire; perte*; coûte chaque; saldo; sueldo; pérdida*; cuesta cada; salário; prejuízo*; perda*;
    custa por; stipendio; perdita*; 余额; 余款; 工资; 损失; 残高; 残額; 給与; 損失; رصيد; خسارة; راتب; शेष; वेतन; नुकसान; 잔액;
    급여; 손실; баланс; остат*; зарплат*; убыт*; saldo; salaris; verlies
"""
_BACKGROUND_BEHIND: Final = """
    plan; programme; program; events; left; left over; left in; still left; available; in dispute; is at stake; at stake; at issue; limit; threshold;
    cap; ceiling; deductible; contract; deal; project; order; tender; grant; fund; loan; portfolio; account; claim; case;
    lawsuit; debt; übrig; verfügbar; noch frei; streitwert; auftrag; projekt; grenze; limit; darlehen; förderung;
    disponible*; de litige; de limite; disponibles; de límite; de préstamo; em disputa;
    disponívei*; disponível; de limite; disponibil*; di limite; 的争议; 的合同; 的项目; 的限额; 以下; 余额; の案件;
    の契約; の限度; 以下; 残; المتبقية; متبق*; शेष; बाकी; की सीमा; 남; 이하; over; beschikbaar
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
    total*; sum; altogether; in all; all in; overall; grand total; amount due; gesamt*; summe; insgesamt;
    zusammen; montant; en tout; importe; em tudo; valor; totale; importo; in tutto; 合计; 总计; 共计; 总价;
    合計; 総額; 総計; الإجمالي; إجمالي; कुल; 합계; 총액; итого; всего; samen; totaal
"""
_PART: Final = """
    instalment*; installment*; down payment; downpayment; deposit; advance; part payment; rate; teilzahlung;
    anzahlung; abschlag*; acompte; versement; cuota*; anticipo*; señal; parcela*; entrada; sinal; acconto; rata;
    分期; 首付; 定金; 预付; 分割; 手付; 頭金; किस्त; دفعة*; الدفعة; 계약금; аванс*; взнос*; termijn; aanbetaling
"""
_MEASURES: Final = "litre liter litro l gallon gal kg kwh mwh km m2 m3 gb min token tokens kilo"


ASIDE_BEFORE: Final = re.compile(
    any_of(_SAVED, _OTHER_PRICE, _BUDGETED, _INSURED, _THREATENED, _EARNED_OR_PAST)
)
ASIDE_BEHIND: Final = re.compile(rf"[\s,]{{0,2}}(?:{any_of(_BEHIND)}|por (?=r\$|€|[0-9]))")
"""What stands before and behind an amount that is saved, replaced, insured, budgeted, earned or threatened."""
BACKGROUND_BEFORE: Final = re.compile(any_of(_DISPUTED, _DEAL, _SOLD, _LIMIT, _PAST_PARTY, _HELD))
BACKGROUND_BEHIND: Final = re.compile(rf"[\s,]{{0,2}}(?:{any_of(_BACKGROUND_BEHIND)})")
"""What stands beside an amount that explains a request: a dispute, a deal, a limit, another offer, what is left."""
TAX: Final = re.compile(any_of(_TAX))
TOTAL: Final = re.compile(any_of(_TOTAL))
PART: Final = re.compile(any_of(_PART))
"""What says that an amount is an instalment or a deposit."""
UNIT_OF_MEASURE: Final = re.compile(
    rf"\s?(?:/|per|pro|par|por|al|je|a|the)\s?(?:{'|'.join(_MEASURES.split())})\b"
)
"""Behind a price that may have three decimals: fuel, power."""
