# SPDX-License-Identifier: Apache-2.0
"""Reads lines such as `Supplier: Contoso` out of a text that a person typed."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from approvals.text.invisible import one_line
from approvals.text.lookalikes import plain

LABELS: Final[Mapping[str, str]] = {
    one_line(plain(label)): name
    for name, labels in {
        "vendor": "vendor, supplier, lieferant, fournisseur, proveedor, fornecedor, 供应商, 供應商, 仕入先, 取引先",
        "document_number": (
            "document number, document no, invoice, invoice number, invoice no, quote, quote number, order number, "
            "po number, rechnung, rechnungsnummer, rechnungsnr, angebotsnummer, facture, numéro de facture, factura, "
            "número de factura, fatura, número da fatura, nota fiscal, 发票, 发票号, "
            "发票号码, 發票號碼, 单据号, 請求書番号, 見積番号"
        ),
        "cost_center": (
            "cost center, cost centre, kostenstelle, centre de coûts, centro de coste, centro de costos, "
            "centro de custo, 成本中心, 原価センター, コストセンター"
        ),
    }.items()
    for label in labels.split(", ")
}
"""In the languages whose amounts are read, as a reader sees them; each with the parameter that it stands for."""

VALUE_LIMIT: Final = 200  # characters; what is longer is prose behind a colon
LINES_READ: Final = 100
_COLONS: Final = str.maketrans("：﹕", "::")
_ENDS: Final = str.maketrans("；;\v\f\r\x85\u2028\u2029", "\n\n\n\n\n\n\n\n")


def labelled_lines(text: str) -> Iterable[tuple[str, str]]:
    """Label and value of the first hundred lines, or parts between semicolons, that have both, in their order."""
    return islice(_labelled(text), LINES_READ)


def _labelled(text: str) -> Iterator[tuple[str, str]]:
    for line in text.translate(_ENDS).split("\n"):
        label, _, value = line.translate(_COLONS).partition(":")
        label, value = label.strip(" \t-*•#.").rstrip("."), value.strip(" \t*")
        if label and value and len(value) <= VALUE_LIMIT and len(label) <= VALUE_LIMIT:
            yield label, value
