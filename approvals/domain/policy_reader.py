# SPDX-License-Identifier: Apache-2.0
"""Reads a policy from YAML or JSON text. A bad policy is refused as a whole; nothing is guessed."""

import difflib
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from approvals.domain.canonical import digest
from approvals.domain.people import Person
from approvals.domain.policy import (
    AmountBounds,
    Checks,
    Condition,
    Outcome,
    Policy,
    ReviewOutcome,
    Rule,
    SecondOpinion,
)
from approvals.errors import ApprovalError, ErrorCode, shown

TEXT_LIMIT = 100_000  # characters; a policy of a thousand rules is shorter

_KEPT_AT_MOST = 256  # policies; a company has a handful


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy with the document it was read from and that document's digest."""

    policy: Policy
    document: Mapping[str, Any]
    digest: str


_by_digest: OrderedDict[str, PolicyDocument] = OrderedDict()
_lock = Lock()


class _Loader(yaml.SafeLoader):
    """YAML without repeated keys (the last would win in silence) and without aliases (they can explode)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call] # the stubs leave it untyped
            raise yaml.constructor.ConstructorError(
                None, None, "aliases (*name) are not read; write the value out", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            if isinstance(key, Hashable):
                seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_policy(text: str) -> PolicyDocument:
    """The policy in `text` (YAML, or JSON as YAML's subset).

    Raises `bad_policy` with the path of the bad value, what was found, and what is allowed.
    """
    if len(text) > TEXT_LIMIT:
        raise _bad(f"the policy has {len(text):,} characters; at most {TEXT_LIMIT:,} are read")
    return _read_cached(text)


@lru_cache(maxsize=256)
def _read_cached(text: str) -> PolicyDocument:
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader subclass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise _bad(f"the policy is not YAML or JSON: {place}: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _bad(f"the policy is not YAML or JSON: {shown(str(error), 160)}") from None
    return policy_from_document(document)


def policy_from_document(document: object) -> PolicyDocument:
    """The policy in an already parsed document, as a record keeps it. Raises `bad_policy`."""
    if not isinstance(document, Mapping):
        raise _bad(
            f"the policy must be a table of keys such as 'version', 'rules' and 'default'; found {shown(document)}"
        )
    try:
        policy = Policy.model_validate(document)
        return PolicyDocument(policy, dict(document), digest(document))
    except ValidationError as error:
        raise _bad(_explain(error)) from None
    except ValueError as error:  # what JSON cannot hold, such as a key that is not text
        raise _bad(f"the policy holds what JSON cannot: {shown(str(error), 160)}") from None


def stored_policy(document: Mapping[str, Any], stated_digest: str) -> PolicyDocument:
    """The policy that a record keeps, read once per digest. Raises `bad_policy` when the record was tampered with."""
    with _lock:
        known = _by_digest.get(stated_digest)
        if known is not None:
            _by_digest.move_to_end(stated_digest)
            return known
    read = policy_from_document(document)
    if read.digest != stated_digest:
        raise _bad(f"the record's policy has digest {read.digest}, but the record states {stated_digest}")
    with _lock:
        _by_digest[stated_digest] = read
        if len(_by_digest) > _KEPT_AT_MOST:
            _by_digest.popitem(last=False)
    return read


def _bad(message: str) -> ApprovalError:
    return ApprovalError(ErrorCode.BAD_POLICY, message)


def _explain(error: ValidationError) -> str:
    """Every fault as `path: what was found, what is allowed`, the first five of them."""
    faults = error.errors(include_url=False)
    lines = [_explain_one(fault) for fault in faults[:5]]
    if len(faults) > len(lines):
        lines.append(f"and {len(faults) - len(lines)} more")
    return "; ".join(lines)


def _explain_one(fault: Any) -> str:
    location, kind = fault["loc"], fault["type"]
    path = _path(location)
    if kind == "extra_forbidden":
        known = _known_keys(location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        return f"{path}: unknown key; {hint}allowed here: {', '.join(known)}"
    if kind == "missing":
        return f"{path}: missing; it is required"
    message = str(fault["msg"]).removeprefix("Value error, ").replace("valid tuple", "list, as in [a, b]")
    found = (
        ""
        if kind == "value_error" and isinstance(fault["input"], Mapping)
        else f"found {shown(fault['input'])}; "
    )
    return f"{path}: {found}{message[0].lower()}{message[1:]}"


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".") or "policy"


_PARTS: Mapping[str, type[BaseModel]] = {
    "": Policy,
    "rules": Rule,
    "when": Condition,
    "amount": AmountBounds,
    "then": Outcome,
    "default": ReviewOutcome,
    "second_opinion": SecondOpinion,
    "checks": Checks,
    "people": Person,
}


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at `location` may have."""
    names = [part for part in location if isinstance(part, str)]
    model = _PARTS.get(names[-1] if names else "", Policy)
    return [field.alias or name for name, field in model.model_fields.items()]
