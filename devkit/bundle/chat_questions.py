# SPDX-License-Identifier: Apache-2.0
"""The part of the chatflow that collects a request, one field a message."""

from devkit.bundle.canvas import Canvas
from devkit.bundle.chat_nodes import answer, remember
from devkit.bundle.decision import GROUND
from devkit.bundle.nodes import Condition, Data, if_else, start, template

KINDS = ("expense", "purchase", "access", "content")
_QUERY = ("sys", "query")
_ASKING = ("conversation", "asking")
_WORD = ("word", "output")
_OVER, _NAME, _NO_KIND, _KIND, _COST, _CONTENT = (
    GROUND + offset for offset in (-900, -750, -600, -440, 0, 240)
)

_AMOUNT = """\
{%- set words = (query or '').split() -%}
{%- set number = words[0] if words else '' -%}
{%- set digits = number.replace('.', '', 1) -%}
{%- set code = words[1] if words | length == 2 else 'USD' -%}
{%- set is_number = digits.isascii() and digits.isdigit() -%}
{%- if words | length == 1 and number | lower == 'none' -%}
{%- elif is_number and words | length <= 2 and code | length == 3 and code.isalpha() -%}
{{ number }}
{%- else -%}
?
{%- endif -%}
"""
_CURRENCY = "{% set words = (query or '').split() %}{{ words[1] | upper if words | length == 2 else '' }}"


def add_questions(canvas: Canvas) -> None:
    """The nodes, from the message that arrives to the last field."""
    word = template(
        "As one word", "Trimmed, in small letters.", "{{ (query or '') | trim | lower }}", {"query": _QUERY}
    )
    canvas.node("start", start("Message", ()), column=0, y=GROUND)
    canvas.node("word", word, column=1, y=GROUND)
    canvas.node("heard", _which_field(), column=2, y=GROUND - 280)
    canvas.node("over", remember("Forget and ask again", {"asking": "content"}), column=3, y=_OVER)
    canvas.node(
        "ask_content",
        answer("Ask for the request", "All right. What do you need, and why?\n"),
        column=4,
        y=_OVER,
    )
    name = remember("Keep the name", {"requester": _QUERY, "asking": "request_type"})
    canvas.node("keep_name", name, column=3, y=_NAME)
    canvas.node(
        "ask_kind",
        answer("Ask for the kind", f"What kind of request is it: {', '.join(KINDS)}?\n"),
        column=4,
        y=_NAME,
    )
    again = f"I know these kinds: {', '.join(KINDS)}. Which one is it?\n"
    canvas.node("ask_again", answer("Ask for the kind again", again), column=3, y=_NO_KIND)
    kind = remember("Keep the kind", {"request_type": _WORD, "asking": "amount"})
    canvas.node("keep_kind", kind, column=3, y=_KIND)
    ask_cost = "How much does it cost? A plain number, with the currency if you like, such as 1200.50 EUR; or “none”.\n"
    canvas.node("ask_cost", answer("Ask for the amount", ask_cost), column=6, y=_KIND)
    content = remember("Keep the request", {"content": _QUERY, "asking": "requester"})
    canvas.node("keep_content", content, column=3, y=_CONTENT)
    ask_name = "Who is asking? Your name, as the approvers know you.\n"
    canvas.node("ask_name", answer("Ask for the name", ask_name), column=4, y=_CONTENT)
    amount = template(
        "Amount", "Nothing is guessed: “?” for what is no plain number.", _AMOUNT, {"query": _QUERY}
    )
    canvas.node("amount", amount, column=3, y=_COST)
    currency = template("Currency", "Empty: the policy's own.", _CURRENCY, {"query": _QUERY})
    canvas.node("currency", currency, column=4, y=_COST)
    unclear = {"unclear": [Condition(("amount", "output"), "is", "?")]}
    canvas.node("understood", if_else("understood", "A number?", "", unclear), column=5, y=_COST)
    canvas.node("complete", remember("All is said", {"asking": ""}), column=6, y=_COST)


def connect_questions(canvas: Canvas, then: str) -> None:
    """The edges; a request whose fields are all there goes to the node `then`."""
    edge = canvas.edge
    edge("start", "word")
    edge("word", "heard")
    edge("heard", "over", "over")
    edge("over", "ask_content")
    edge("heard", "keep_name", "name")
    edge("keep_name", "ask_kind")
    edge("heard", "ask_again", "unknown_kind")
    edge("heard", "keep_kind", "kind")
    edge("keep_kind", "ask_cost")
    edge("heard", "amount", "cost")
    edge("amount", "currency")
    edge("currency", "understood")
    edge("understood", "ask_cost", "unclear")
    edge("understood", "complete", "false")
    edge("heard", "keep_content", "false")
    edge("keep_content", "ask_name")
    edge("complete", then)


def _which_field() -> Data:
    kind = Condition(_ASKING, "is", "request_type")
    cases = {
        "over": [Condition(_WORD, "is", "start over")],
        "name": [Condition(_ASKING, "is", "requester")],
        "unknown_kind": [kind, *(Condition(_WORD, "is not", one) for one in KINDS)],
        "kind": [kind],
        "cost": [Condition(_ASKING, "is", "amount")],
    }
    return if_else(
        "heard", "Which field is this?", "The one that was asked for; else it is a new request.", cases
    )
