# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.domain.brief import language_of
from approvals.domain.terms import Language

TEXTS = {
    Language.ENGLISH: [
        "",
        "12345",
        "Laptop for 9,000 USD",
        "Two standing desks for the support team, 640 USD each",
        "Lunch with 李雷 for the client meeting on Monday",
        "Refund of the taxi, see nota.com.br",
        "São Paulo trip for the sales team in March",
        "Zwei Schreibtische für das Team, das kostet 300 EUR",
        "Demande d'achat de deux chaises pour le bureau",
        "Solicito la compra de dos sillas para la oficina, una para mí",
        "Richiesta di acquisto di una sedia",
    ],
    Language.CHINESE: ["采购两张升降桌", "采购 MacBook Pro 14 M3 Max", "申请差旅费 1200 元，去北京参加会议"],
    Language.JAPANESE: [
        "サポート部門の昇降デスク 2 台",
        "出張費の精算をお願いします",
        "MacBook Pro 2台を購入したい",
        "新規取引先との契約締結の承認申請",
    ],
    Language.PORTUGUESE: [
        "Duas mesas reguláveis para o suporte, 640 USD cada",
        "Solicitação de compra de cadeiras",
        "Preciso de um notebook novo para o time",
        "Reembolso de viagem a São Paulo",
        "Compra de um monitor para o financeiro",
        "Pedido de acesso ao servidor de produção",
        "Nota fiscal do fornecedor em anexo, favor aprovar",
    ],
}


@pytest.mark.parametrize(
    ("text", "language"), [(text, language) for language, texts in TEXTS.items() for text in texts]
)
def test_a_request_is_answered_in_its_own_language_or_else_in_english(text: str, language: Language) -> None:
    assert language_of(text) is language


@pytest.mark.parametrize("word", ["a", "ã", "の", "采", "um ", "para ", "a."])
def test_however_long_a_text_is_its_beginning_tells_the_language(word: str) -> None:
    assert language_of(word * 1_000_000) is language_of(word * 4_000)
