# SPDX-License-Identifier: Apache-2.0
"""Lines in which people state a supplier or a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.labelled_lines import LABELS, LINES_READ, VALUE_LIMIT, labelled_lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Please pay.\nSupplier: Contoso GmbH\nInvoice no.: 17", [("Supplier", "Contoso GmbH"), ("Invoice no", "17")]),
        ("Ten chairs; supplier: Contoso; invoice: 17", [("supplier", "Contoso"), ("invoice", "17")]),
        ("供应商：东方公司；发票号：1234", [("供应商", "东方公司"), ("发票号", "1234")]),
        ("- **Supplier**: Contoso", [("Supplier", "Contoso")]),
        ("Link: https://a.example/b:c", [("Link", "https://a.example/b:c")]),
        ("No colon here", []),
        ("Supplier:\n: Contoso", []),
        (f"Note: {'x' * (VALUE_LIMIT + 1)}", []),
    ],
)  # fmt: skip
def test_each_line_with_a_label_and_a_value_is_read(text: str, found: list[tuple[str, str]]) -> None:
    assert list(labelled_lines(text)) == found


@given(st.text())
def test_of_any_text_no_more_than_a_hundred_lines_are_read_and_none_is_empty(text: str) -> None:
    found = list(labelled_lines(text * 3))

    assert len(found) <= LINES_READ
    assert all(label and value and "\n" not in label + value for label, value in found)


def test_every_label_stands_for_a_parameter() -> None:
    assert set(LABELS.values()) == {"vendor", "document_number", "cost_center"}
    assert LABELS["rechnungsnummer"] == LABELS["請求書番号"] == "document_number"
