# SPDX-License-Identifier: Apache-2.0
"""A notice in words, in the language of its request: a headline and a few facts. Plain text, never markup."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from approvals.domain.notices import Notice, NoticeKind
from approvals.domain.terms import Language, State


class _Words(NamedTuple):
    """The words of one language. Headlines may name the request and who has to act."""

    headlines: Mapping[NoticeKind, str]
    states: Mapping[State, str]
    request: str
    amount: str
    risk: str
    risks: Mapping[str, str]
    deadline: str
    reason: str
    summary: str
    open: str


class Told(NamedTuple):
    """What a format shows. `facts` are names and values; `link` is what the button of `url` says."""

    headline: str
    facts: tuple[tuple[str, str], ...]
    link: str
    url: str


_ENGLISH: Final = _Words(
    headlines={
        NoticeKind.OPENED: "{request} waits for {who}",
        NoticeKind.REMINDED: "Reminder: {request} still waits for {who}",
        NoticeKind.RETURNED: "{request} was returned to {requester} with a question",
        NoticeKind.DECIDED: "{request} is {state}",
        NoticeKind.EXPIRED: "{request} expired: nobody decided in time",
    },
    states={State.APPROVED: "approved", State.REJECTED: "rejected", State.WITHDRAWN: "withdrawn"},
    request="Requested by", amount="Amount", risk="Risk",
    risks={"low": "low", "medium": "medium", "high": "high"},
    deadline="Decide by", reason="Why", summary="Summary", open="Open the request",
)  # fmt: skip
_CHINESE: Final = _Words(
    headlines={
        NoticeKind.OPENED: "{request} 等待{who}审批",
        NoticeKind.REMINDED: "提醒：{request} 仍在等待{who}审批",
        NoticeKind.RETURNED: "{request} 已退回给{requester}，需要补充说明",
        NoticeKind.DECIDED: "{request} {state}",
        NoticeKind.EXPIRED: "{request} 已过期：没有人在期限内审批",
    },
    states={State.APPROVED: "已批准", State.REJECTED: "已驳回", State.WITHDRAWN: "已撤回"},
    request="申请人", amount="金额", risk="风险", risks={"low": "低", "medium": "中", "high": "高"},
    deadline="截止时间", reason="原因", summary="摘要", open="打开申请",
)  # fmt: skip
_JAPANESE: Final = _Words(
    headlines={
        NoticeKind.OPENED: "{request} は{who}の承認を待っています",
        NoticeKind.REMINDED: "リマインダー：{request} はまだ{who}の承認を待っています",
        NoticeKind.RETURNED: "{request} は確認のため{requester}に差し戻されました",
        NoticeKind.DECIDED: "{request} は{state}",
        NoticeKind.EXPIRED: "{request} は期限切れになりました：期限内に判断されませんでした",
    },
    states={
        State.APPROVED: "承認されました", State.REJECTED: "却下されました", State.WITHDRAWN: "取り下げられました"
    },
    request="申請者", amount="金額", risk="リスク", risks={"low": "低", "medium": "中", "high": "高"},
    deadline="期限", reason="理由", summary="要約", open="申請を開く",
)  # fmt: skip
_PORTUGUESE: Final = _Words(
    headlines={
        NoticeKind.OPENED: "{request} aguarda {who}",
        NoticeKind.REMINDED: "Lembrete: {request} ainda aguarda {who}",
        NoticeKind.RETURNED: "{request} foi devolvida a {requester} com uma pergunta",
        NoticeKind.DECIDED: "{request} foi {state}",
        NoticeKind.EXPIRED: "{request} expirou: ninguém decidiu no prazo",
    },
    states={State.APPROVED: "aprovada", State.REJECTED: "rejeitada", State.WITHDRAWN: "retirada"},
    request="Solicitante", amount="Valor", risk="Risco",
    risks={"low": "baixo", "medium": "médio", "high": "alto"},
    deadline="Decidir até", reason="Motivo", summary="Resumo", open="Abrir a solicitação",
)  # fmt: skip
_BY_LANGUAGE: Final = {
    Language.ENGLISH: _ENGLISH,
    Language.CHINESE: _CHINESE,
    Language.JAPANESE: _JAPANESE,
    Language.PORTUGUESE: _PORTUGUESE,
}


def told(notice: Notice, public_url: str) -> Told:
    """The words of a notice. `public_url` is where the desk is; without it there is no link."""
    words = _BY_LANGUAGE[notice.language]
    headline = words.headlines[notice.kind].format(
        request=notice.request_id,
        who=notice.title
        or notice.level
        or notice.requester
        or "?",  # a returned request waits for its requester
        requester=notice.requester or "?",
        state=words.states.get(notice.state, notice.state.value),
    )
    deadline = notice.deadline_at.strftime("%Y-%m-%d %H:%M UTC") if notice.deadline_at else ""
    facts = (
        (words.request, notice.requester),
        (words.amount, f"{notice.amount} {notice.currency}".strip() if notice.amount else ""),
        (words.risk, words.risks.get(notice.risk, "")),
        (words.deadline, deadline),
        (words.reason, notice.reason),
        (words.summary, notice.summary),
    )
    url = f"{public_url}/desk/{notice.request_id}" if public_url else ""
    return Told(headline, tuple((name, _line(value)) for name, value in facts if value), words.open, url)


def _line(text: str) -> str:
    """Text of people and models on one line: a chat shows it between other lines."""
    return " ".join(text.split())
