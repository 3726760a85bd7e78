# SPDX-License-Identifier: Apache-2.0
"""Says what is wrong with a policy: where, what was found, and what is allowed."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from approvals.domain.deputies import Deputy
from approvals.domain.people import Person
from approvals.domain.policy import (
    Outcome,
    Policy,
    ReviewOutcome,
    Rule,
    SecondOpinion,
)
from approvals.domain.policy_budgets import Budget, FiscalYear
from approvals.domain.policy_checks import Checks, Days
from approvals.domain.policy_conditions import AmountBounds, Condition
from approvals.domain.policy_text import Path, PolicyText
from approvals.domain.policy_types import PATTERNS, PlacedError, Stage, WrittenFloat
from approvals.errors import shown

_TOLD_AT_MOST: Final = 5
_NAMED_LISTS: Final = {"rules": "rule", "people": "person", "budgets": "budget"}

type Tables = Mapping[str, type[BaseModel]]

_TABLES: Final[Tables] = {
    "": Policy,
    "rules": Rule,
    "when": Condition,
    "amount": AmountBounds,
    "then": Outcome,
    "stages": Stage,
    "default": ReviewOutcome,
    "second_opinion": SecondOpinion,
    "checks": Checks,
    "duplicates": Days,
    "splitting": Days,
    "stale_document": Days,
    "people": Person,
    "deputies": Deputy,
    "budgets": Budget,
    "fiscal_year": FiscalYear,
}
"""By the last word of a path: the table there."""

_REPLACED: Final = {
    "approvers": "it is now 'people', a list such as [{name: Ann Lee, email: ann@example.com, levels: [manager]}]"
}

_COMMA: Final = "a comma begins a new key here; write numbers without it"
_A_NUMBER: Final = "a valid number, such as 1234.50"
_ALLOWED: Final[Mapping[str, str]] = {
    "bool_type": "a boolean, true or false",
    "decimal_parsing": _A_NUMBER,
    "decimal_type": _A_NUMBER,
    "dict_type": "a table of keys",
    "finite_number": "a finite number",
    "float_parsing": _A_NUMBER,
    "float_type": _A_NUMBER,
    "int_from_float": "an integer, a whole number without quotes",
    "int_type": "an integer, a whole number without quotes",
    "list_type": "a list, as in [a, b]",
    "mapping_type": "a table of keys",
    "string_type": "text",
    "tuple_type": "a list, as in [a, b]",
}
_ALLOWED_WITH: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "decimal_max_digits": lambda given: f"at most {given['max_digits']} digits",
    "enum": lambda given: str(given["expected"]),
    "greater_than": lambda given: f"greater than {_plain(given['gt'])}",
    "greater_than_equal": lambda given: f"greater than or equal to {_plain(given['ge'])}",
    "less_than": lambda given: f"less than {_plain(given['lt'])}",
    "less_than_equal": lambda given: f"less than or equal to {_plain(given['le'])}",
    "literal_error": lambda given: str(given["expected"]),
    "string_pattern_mismatch": lambda given: PATTERNS[given["pattern"]],
    "string_too_long": lambda given: f"at most {given['max_length']} characters",
    "string_too_short": lambda given: f"at least {given['min_length']} character",
    "too_long": lambda given: f"at most {given['max_length']} items",
    "too_short": lambda given: f"at least {given['min_length']} item",
}


def explain(error: ValidationError, text: PolicyText, tables: Tables = _TABLES) -> str:
    """The faults in one line, the first five of them. `tables` as for `told`."""
    faults = told(error, text, tables, most=_TOLD_AT_MOST)
    more = len(_causes(error.errors(include_url=False))) - len(faults)
    return "; ".join([*faults, *([f"and {more} more"] if more > 0 and len(faults) == _TOLD_AT_MOST else [])])


def told(
    error: ValidationError, text: PolicyText, tables: Tables = _TABLES, *, most: int | None = None
) -> list[str]:
    """Every fault as `path: what was found; what is allowed (line, rule)`, at most so many.

    `tables`: by the last word of a path the table there, that of the document itself under "".
    """
    lines: dict[str, None] = {}
    for fault in _causes(error.errors(include_url=False)):
        if len(lines) == most:
            break
        lines[_explained(fault, text, tables)] = None
    return list(lines)


def _causes(faults: Sequence[Any]) -> Sequence[Any]:
    """Without the lists that are too short only because what stands in them is refused."""
    around = {fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))}
    return [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in around]


def _explained(fault: Any, text: PolicyText, tables: Tables) -> str:
    raised = fault.get("ctx", {}).get("error")
    within = raised.path if isinstance(raised, PlacedError) else ()
    path = (*_place(fault), *within)
    return f"{_shown_path(path)}: {_said(fault, path, text, tables)}{_whereabouts(path, text)}"


def _place(fault: Any) -> Path:
    """Where a fault is. pydantic puts `[key]` behind a key that is itself at fault."""
    place: Path = fault["loc"]
    is_of_key = len(place) > 1 and place[-1] == "[key]" and fault["input"] == place[-2]
    return place[:-1] if is_of_key else place


def _said(fault: Any, path: Path, text: PolicyText, tables: Tables) -> str:
    if path and isinstance(path[-1], str) and path[-1].isdigit() and fault["input"] in (None, path[-1]):
        return _COMMA
    match fault["type"]:
        case "extra_forbidden":
            return f"unknown key; {_about_key(path, tables)}"
        case "missing":
            return "missing; it is required"
        case "value_error":
            return f"{_found(fault, path, text)}{str(fault['msg']).removeprefix('Value error, ')}"
        case "model_type":
            return f"{_found(fault, path, text)}allowed: a table with {', '.join(_keys_at(path, tables))}"
    return f"{_found(fault, path, text)}allowed: {_allowed(fault)}"


def _allowed(fault: Any) -> str:
    kind = fault["type"]
    if kind in _ALLOWED_WITH:
        return _ALLOWED_WITH[kind](fault["ctx"])
    said = _ALLOWED.get(kind)
    return said or f"{fault['msg'][0].lower()}{fault['msg'][1:]}"


def _found(fault: Any, path: Path, text: PolicyText) -> str:
    """What stands there, as it is written, and what YAML makes of it where that is something else."""
    value = fault["input"]
    if fault["type"] == "value_error" and isinstance(value, Mapping):
        return ""  # the message names the keys
    written = text.written.get(path)
    if isinstance(value, bool) and written and written.text.casefold() not in {"true", "false"}:
        if fault["type"] == "model_type":
            return f"found {written.text}; "
        return f"found {written.text}, which YAML reads as {str(value).lower()}: put it in quotes if it is a word; "
    if value is None:
        return "found nothing; "
    return f"found {value.text if isinstance(value, WrittenFloat) else shown(value)}; "


def _whereabouts(path: Path, text: PolicyText) -> str:
    """The line, and the name of the rule or person, as far as known."""
    known = list(_line(path, text))
    word = _NAMED_LISTS.get(str(path[0])) if len(path) > 1 else None
    if word and isinstance(path[1], int) and isinstance(text.document, Mapping):
        try:
            name = text.document[str(path[0])][path[1]]["name"]
        except (LookupError, TypeError):
            name = None
        known += [f"{word} {shown(name, 40)}"] if isinstance(name, str) else []
    return f" ({', '.join(known)})" if known else ""


def _line(path: Path, text: PolicyText) -> Iterator[str]:
    while path:
        written = text.written.get(path)
        if written is not None:
            yield f"line {written.line}"
            return
        path = path[:-1]  # what is missing has no line but that of what it is missing in


def _about_key(path: Path, tables: Tables) -> str:
    key, known = str(path[-1]), _keys_at(path[:-1], tables)
    if key in _REPLACED:
        return _REPLACED[key]
    if key.isdigit():
        return _COMMA
    if "context" in known and key not in known:
        about = f"a fact of your own goes into the context, as in context: {{{shown(key)[1:-1]}: [...]}}; "
    else:
        about = ""
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"{hint or about}allowed here: {', '.join(known)}"


def _keys_at(path: Path, tables: Tables) -> list[str]:
    """The keys that the table at `path` may have."""
    names = [part for part in path if isinstance(part, str)]
    table = tables.get(names[-1] if names else "", tables[""])
    return [field.alias or name for name, field in table.model_fields.items()]


def _shown_path(path: Path) -> str:
    shown_path = ""
    for part in path:
        shown_path += f"[{part}]" if isinstance(part, int) else f".{shown(part)[1:-1]}"
    return shown_path.lstrip(".") or "policy"


def _plain(bound: Any) -> str:
    """A bound in digits; pydantic hands on a decimal as the text of its repr."""
    digits = str(bound).removeprefix("Decimal('").removesuffix("')")
    return format(Decimal(digits).normalize(), "f")
