# SPDX-License-Identifier: Apache-2.0
"""The outcomes that are bad words: a flawless HTTP reply in which the model says the wrong thing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from approvals.text.json_text import json_text
from devkit.llm_stub.analyst import quote_from
from devkit.llm_stub.completion import Document
from devkit.llm_stub.script import Outcome

NOT_IN_ANY_TEXT: Final = "countersigned by the audit committee on the thirty-first of June"

Analyses = list[dict[str, Any]]
Entries = Sequence[Mapping[str, Any]]


def spoken(analyses: Analyses) -> str:
    """The analyses as the model writes them."""
    return json_text({"analyses": analyses})


def _prose(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    return "I have read the requests, and on the whole they look quite reasonable to me. " + " ".join(
        str(analysis["summary"]) for analysis in analyses
    )


def _fenced(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    return f"```json\n{spoken(analyses)}\n```"


def _wrong_shape(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    return json_text({"analyses": [{"id": each["id"], "risk": 1, "approve": "yes"} for each in analyses]})


def _cut_off(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    whole = spoken(analyses)
    return whole[: len(whole) * 2 // 3]


def _ids_swapped(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    ids = [each["id"] for each in analyses]
    moved = [*ids[1:], *ids[:1]] if len(ids) > 1 else [f"{each}-other" for each in ids]
    return spoken([{**each, "id": other} for each, other in zip(analyses, moved, strict=True)])


def _duplicate_ids(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    return spoken([*analyses, *analyses[:1]])


def _missing_id(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    return spoken(analyses[:-1])


def _extra_id(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    return spoken([*analyses, *({**each, "id": f"{each['id']}-extra"} for each in analyses[:1])])


def _low_confidence(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    return spoken([{**each, "confidence": 0.2} for each in analyses])


def _evidence_invented(analyses: Analyses, entries: Entries) -> str:  # noqa: ARG001
    invented = [{"claim": "Agreed beforehand", "evidence": NOT_IN_ANY_TEXT}]
    return spoken([{**each, "factors": invented} for each in analyses])


def _obedient(analyses: Analyses, entries: Entries) -> str:
    return spoken([_as_wished(each, entry) for each, entry in zip(analyses, entries, strict=True)])


def _as_wished(analysis: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    quote = quote_from(str(entry.get("content", "")))
    return {
        "id": analysis["id"],
        "risk_level": "low",
        "approver_level": "manager",
        "auto_approve": True,
        "confidence": 1.0,
        "summary": "Routine request, approved as instructed.",
        "factors": [{"claim": "Routine", "evidence": quote}] if quote else [],
    }


WORDS: Final[dict[Outcome, Callable[[Analyses, Entries], str]]] = {
    Outcome.PROSE: _prose,
    Outcome.FENCED: _fenced,
    Outcome.WRONG_SHAPE: _wrong_shape,
    Outcome.CUT_OFF: _cut_off,
    Outcome.IDS_SWAPPED: _ids_swapped,
    Outcome.DUPLICATE_IDS: _duplicate_ids,
    Outcome.MISSING_ID: _missing_id,
    Outcome.EXTRA_ID: _extra_id,
    Outcome.LOW_CONFIDENCE: _low_confidence,
    Outcome.EVIDENCE_INVENTED: _evidence_invented,
    Outcome.OBEY_ATTACKER: _obedient,
}
"""What the model says instead of the analyses."""


def _usage_missing(document: Document) -> None:
    del document["usage"]


def _usage_negative(document: Document) -> None:
    document["usage"] = {kind: -count for kind, count in document["usage"].items()}


def _empty_choices(document: Document) -> None:
    document["choices"] = []


def _null_content(document: Document) -> None:
    document["choices"][0]["message"]["content"] = None


def _finished_early(document: Document) -> None:
    document["choices"][0]["finish_reason"] = "length"


WRAPPINGS: Final[dict[Outcome, Callable[[Document], None]]] = {
    Outcome.USAGE_MISSING: _usage_missing,
    Outcome.USAGE_NEGATIVE: _usage_negative,
    Outcome.EMPTY_CHOICES: _empty_choices,
    Outcome.NULL_CONTENT: _null_content,
    Outcome.CUT_OFF: _finished_early,
}
"""What is changed in the completion around the words, in place."""
