# SPDX-License-Identifier: Apache-2.0
"""The part of the chatflow that collects a request, one field a message, and tells how the last one stands.

Conditions of Dify compare letter by letter, so words are looked for in the spellings that people type.
"""

from collections.abc import Sequence

from devkit.bundle.canvas import Canvas
from devkit.bundle.chat_nodes import answer, remember
from devkit.bundle.layout import BOTTOM
from devkit.bundle.nodes import AnyOf, Condition, Data, Tools, aggregator, if_else, start

_QUERY = ("sys", "query")
_ASKING = ("conversation", "asking")
_LAST = ("conversation", "request_id")
_YES = ("yes", "Yes", "YES", "是", "好", "はい")
_YES_ALONE = ("ok", "OK", "Ok", "sim", "Sim")
_NO = ("no", "No", "NO", "não", "Não", "不", "いいえ", "wrong", "Wrong")
_NONE = ("none", "None", "NONE", "nothing", "Nothing", "0", "无", "なし", "nada", "Nada")
_COST = (
    "How much does it cost? A number with its currency, such as 1200.50 EUR; or “none”. I read it back to you before "
    "anything is sent.\n"
)
_CONTENT, _OVER, _STATUS, _NAME, _KIND = -1020, -780, -540, -300, -60
CONFIRM, AMOUNT, _START = 540, BOTTOM - 20, BOTTOM + 320
"""The rows, from top to bottom. Under the start runs the edge from it to the outcome."""


def asked_first(lines: Sequence[str]) -> str:
    """The first question; `lines` are those that a requester may add."""
    more = f" If you know them, add lines such as: {'; '.join(lines)}." if lines else ""
    return f"What do you need, and why? One message is enough.{more}"


def add_questions(canvas: Canvas, tools: Tools, types: Sequence[str], lines: Sequence[str]) -> None:
    """The nodes, from the message that arrives to the last field."""
    add = canvas.node
    add("start", start("Message", ()), column=0, y=_START)
    add("heard", _which_field(), column=1, y=CONFIRM)
    add("over", remember("Forget and ask again", {"asking": "content"}), column=2, y=_OVER)
    add(
        "ask_content",
        answer("Ask for the request", f"All right. {asked_first(lines)}\n"),
        column=3,
        y=_OVER,
    )
    last = tools.node("find_approvals", "Look at the record", "", {}, request_id=[*_LAST])
    add("last", last, column=2, y=_STATUS)
    stands = aggregator("How it stands", "", "string", [("last", "text"), ("last", "error_message")])
    add("stands", stands, column=3, y=_STATUS)
    told = "{{#stands.output#}}\n\nTo ask for something new, say “start over”.\n"
    add("tell_status", answer("Tell how it stands", told), column=4, y=_STATUS)
    add(
        "keep_name",
        remember("Keep the name", {"requester": _QUERY, "asking": "request_type"}),
        column=2,
        y=_NAME,
    )
    kinds = ", ".join(types)
    add("ask_kind", answer("Ask for the kind", f"What kind of request is it: {kinds}?\n"), column=3, y=_NAME)
    add("which_kind", _which_kind(types), column=2, y=_KIND)
    again = f"I know these kinds: {kinds}. Which one is it?\n"
    add("ask_again", answer("Ask for the kind again", again), column=3, y=_KIND + 120 * len(types))
    for number, kind in enumerate(types):
        kept = remember(f"Keep “{kind}”", {"request_type": kind, "asking": "amount"})
        add(f"kind_{number}", kept, column=3, y=_KIND + 120 * number)
    add("ask_cost", answer("Ask for the amount", _COST), column=4, y=_KIND)
    keep = {"content": _QUERY, "asking": "requester"}
    add("keep_content", remember("Keep the request", keep), column=2, y=_CONTENT)
    add(
        "ask_name",
        answer("Ask for the name", "Who is asking? Your name or e-mail address.\n"),
        column=3,
        y=_CONTENT,
    )
    _add_amount(canvas)
    _add_confirmation(canvas, tools)


def connect_questions(canvas: Canvas, types: Sequence[str], *, analyze: str, submit: str) -> None:
    """The edges; a request whose fields are all there goes to `analyze`, one that is confirmed to `submit`."""
    edge = canvas.edge
    edge("start", "heard")
    edge("heard", "over", "over")
    edge("over", "ask_content")
    edge("heard", "last", "status")
    edge("last", "stands")
    edge("stands", "tell_status")
    edge("heard", "keep_name", "name")
    edge("keep_name", "ask_kind")
    edge("heard", "which_kind", "kind")
    for number in range(len(types)):
        edge("which_kind", f"kind_{number}", f"kind_{number}")
        edge(f"kind_{number}", "ask_cost")
    edge("which_kind", "ask_again", "false")
    edge("heard", "costs", "cost")
    edge("costs", "no_amount", "none")
    edge("costs", "keep_amount", "false")
    edge("no_amount", analyze)
    edge("keep_amount", analyze)
    edge("heard", "keep_content", "false")
    edge("keep_content", "ask_name")
    edge("heard", "confirmed", "confirm")
    edge("confirmed", submit, "yes")
    edge("confirmed", "withdraw", "no")
    edge("withdraw", "forget_amount")
    edge("forget_amount", "ask_cost_anew")
    edge("confirmed", "ask_yes", "false")


def _add_amount(canvas: Canvas) -> None:
    none = {"none": AnyOf([Condition(_QUERY, "is", word) for word in _NONE])}
    canvas.node("costs", if_else("costs", "Does it cost anything?", "", none), column=2, y=AMOUNT)
    canvas.node("no_amount", remember("No amount", {"amount": ""}), column=3, y=AMOUNT)
    canvas.node("keep_amount", remember("Keep the amount", {"amount": _QUERY}), column=3, y=AMOUNT + 120)


def _add_confirmation(canvas: Canvas, tools: Tools) -> None:
    add = canvas.node
    words = {
        "yes": AnyOf(
            [
                *(Condition(_QUERY, "start with", word) for word in _YES),
                *(Condition(_QUERY, "is", word) for word in _YES_ALONE),
            ]
        ),
        "no": AnyOf([Condition(_QUERY, "start with", word) for word in _NO]),
    }
    add("confirmed", if_else("confirmed", "Yes or no?", "", words), column=2, y=CONFIRM)
    withdraw = tools.node(
        "route_approval",
        "Withdraw it",
        "What was read back was wrong, so nobody is asked about it.",
        {},
        request_id=[*_LAST],
        event="withdraw",
        actor=["conversation", "requester"],
        idempotency_key="{{#sys.workflow_run_id#}}-withdraw",
    )
    add("withdraw", withdraw, column=3, y=CONFIRM + 180)
    forgotten = remember("Forget the amount", {"asking": "amount", "request_id": "", "digest": ""})
    add("forget_amount", forgotten, column=4, y=CONFIRM + 180)
    anew = answer(
        "Ask for the amount anew", f"Then let us try again. {_COST}To change more, say “start over”.\n"
    )
    add("ask_cost_anew", anew, column=5, y=CONFIRM + 180)
    add("ask_yes", answer("Ask for yes or no", "Please answer “yes” or “no”.\n"), column=3, y=CONFIRM + 350)


def _which_field() -> Data:
    cases: dict[str, Sequence[Condition] | AnyOf] = {
        "over": [Condition(_QUERY, "contains", "tart over")],
        "status": [
            Condition(_ASKING, "empty", ""),
            Condition(_LAST, "not empty", ""),
            Condition(_QUERY, "contains", "tatus"),
        ],
        **{case: _asked_for(name) for case, name in _FIELDS.items()},
    }
    return if_else(
        "heard", "Which field is this?", "The one that was asked for; else it is a new request.", cases
    )


_FIELDS = {"name": "requester", "kind": "request_type", "cost": "amount", "confirm": "confirm"}


def _asked_for(name: str) -> list[Condition]:
    return [Condition(_ASKING, "is", name)]


def _which_kind(types: Sequence[str]) -> Data:
    cases = {
        f"kind_{number}": AnyOf([Condition(_QUERY, "contains", word) for word in _spellings(kind)])
        for number, kind in enumerate(types)
    }
    return if_else("which_kind", "Which kind is it?", "“A purchase, please” is understood.", cases)


def _spellings(kind: str) -> list[str]:
    plain = kind.replace("_", " ")
    return list(dict.fromkeys([kind, plain, plain.capitalize(), plain.title(), plain.upper()]))
