# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.companies import company_key, document_key


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "Contoso",
            "CONTOSO GmbH",
            "Contoso G.m.b.H.",
            "Contoso GmbH & Co. KG",
            "contoso, Ltd.",
            "Cont\u00adoso",
        ),
        ("Müller AG", "MÜLLER", "Mu\u0308ller A.G."),
        ("北京科技有限公司", "北京科技", "北京科技股份有限公司"),
        ("株式会社田中商店", "田中商店", "(株)田中商店", "㈱田中商店", "田中商店（株）"),
        ("Grupo Sol S.A. de C.V.", "grupo sol", "GRUPO SOL SA DE CV"),
        ("Contoso", "Contoso\u200b", "C\u043ent\u043es\u043e"),
    ],
)
def test_a_company_is_the_same_in_every_spelling(spellings: tuple[str, ...]) -> None:
    assert len({company_key(one) for one in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Contoso", "Fabrikam"), ("Contoso North", "Contoso South"), ("かき", "がき"), ("SE", "AG")],
)
def test_two_companies_stay_apart(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@pytest.mark.parametrize("number", ["INV-00123", "inv 123", "#123", "123", "Invoice 0123", "1/2-3", "１２３"])
def test_a_number_is_the_same_in_every_spelling(number: str) -> None:
    assert document_key(number) == "123"


def test_numbers_stay_apart_and_nothing_stays_nothing() -> None:
    assert document_key("1230") != document_key("123")
    assert document_key("000") == "0"
    assert company_key(" – ") == document_key("#-") == company_key("") == document_key("") == ""


@given(st.text(max_size=60))
def test_any_name_can_be_read_twice(text: str) -> None:
    assert company_key(company_key(text).upper()) or not company_key(text)
    assert document_key(text) == document_key(f" {text}")
