# SPDX-License-Identifier: Apache-2.0
"""Reads a policy from YAML or JSON text. A bad policy is refused as a whole; nothing is guessed."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from pydantic import ValidationError

from approvals.domain.canonical import digest
from approvals.domain.policy import Policy
from approvals.domain.policy_faults import explain, told
from approvals.domain.policy_people import require_signers
from approvals.domain.policy_text import PolicyText, bad_policy, parse
from approvals.domain.policy_types import WrittenFloat
from approvals.errors import ApprovalError, shown

_RULES_KEPT: Final = 4_000
"""Of all policies that are remembered: some hundred of usual size, eight of the largest, about 20 MB."""


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy with the document it was read from and that document's digest."""

    policy: Policy
    document: Mapping[str, Any]
    digest: str


class _Memory:
    """The policies that were read lately, by text or digest, while their rules add up to `_RULES_KEPT`."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, PolicyDocument] = OrderedDict()
        self._rules = 0
        self._lock = Lock()

    def get(self, key: str) -> PolicyDocument | None:
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
            return known

    def put(self, key: str, read: PolicyDocument) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = read
            self._rules += _weight(read)
            while self._rules > _RULES_KEPT and len(self._kept) > 1:
                self._rules -= _weight(self._kept.popitem(last=False)[1])


_by_text = _Memory()
_by_digest = _Memory()


def read_policy(text: str) -> PolicyDocument:
    """The policy in `text` (YAML, or JSON).

    Raises `bad_policy` with the place of the bad value, what was found, and what is allowed.
    """
    known = _by_text.get(text)
    if known is None:
        written = parse(text)
        known = _policy_in(written)
        try:
            require_signers(known.policy)
        except ValidationError as error:
            raise bad_policy(explain(error, written)) from None
        _by_text.put(text, known)
        _by_digest.put(known.digest, known)
    return known


def faults_in(text: str) -> Sequence[str]:
    """Every fault of the policy in `text`, each with its place; none where it is sound."""
    try:
        written = parse(text)
        require_signers(Policy.model_validate(_table(written)))
    except ApprovalError as error:
        return [error.message]
    except ValidationError as error:
        return told(error, written)
    return []


def policy_from_document(document: object) -> PolicyDocument:
    """The policy in an already parsed document, as a record keeps it. Raises `bad_policy`."""
    return _policy_in(PolicyText(document))


def known_policy(digest: str) -> PolicyDocument | None:
    """The policy with this digest, if this process has read it lately. A digest never changes its meaning."""
    return _by_digest.get(digest)


def stored_policy(document: Mapping[str, Any], stated_digest: str) -> PolicyDocument:
    """The policy that a store keeps, read once per digest. Raises `bad_policy` when it was tampered with."""
    known = known_policy(stated_digest)
    if known is not None:
        return known
    read = policy_from_document(document)
    if read.digest != stated_digest:
        raise bad_policy(f"the stored policy has digest {read.digest}, but the record states {stated_digest}")
    _by_digest.put(stated_digest, read)
    return read


def _policy_in(text: PolicyText) -> PolicyDocument:
    document = _table(text)
    try:
        policy = Policy.model_validate(document)
        plain = {key: _without_text(value) for key, value in document.items()}
        return PolicyDocument(policy, plain, digest(plain))
    except ValidationError as error:
        raise bad_policy(explain(error, text)) from None
    except ValueError as error:  # what JSON cannot hold, such as a key that is not text
        raise bad_policy(f"the policy holds what JSON cannot: {shown(str(error), 160)}") from None


def _table(text: PolicyText) -> Mapping[str, Any]:
    """The document. Raises `bad_policy` where it is no table."""
    document = text.document
    if not isinstance(document, Mapping):
        raise bad_policy(
            f"the policy must be a table of keys such as 'version', 'rules' and 'default'; found {shown(document)}"
        )
    return document


def _without_text(value: Any) -> Any:
    """The same data with plain numbers, as JSON has them."""
    if isinstance(value, WrittenFloat):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _without_text(part) for key, part in value.items()}
    return [_without_text(part) for part in value] if isinstance(value, list | tuple) else value


def _weight(read: PolicyDocument) -> int:
    """Its rules and people; a policy without any weighs something, too."""
    return 10 + len(read.policy.rules) + len(read.policy.people)
