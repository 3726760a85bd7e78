# SPDX-License-Identifier: Apache-2.0
"""What can be said of one request's ledger, with the keys and the heads that an auditor has."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.domain.ledger import missing_keys, record_faults
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys
from devkit.export.heads import Head, faults_against
from devkit.export.source import Exported


@dataclass(frozen=True, slots=True)
class Verdict:
    """`key_ids` are those under which entries were written; `heads` counts what was kept outside and compared."""

    faults: Sequence[str]
    missing_keys: Sequence[str]
    key_ids: Sequence[str]
    heads: int

    @property
    def ok(self) -> bool:
        """True where nothing was changed, and that could be verified."""
        return not self.faults and not self.missing_keys

    @property
    def said(self) -> Sequence[str]:
        """The verdict first, then what it rests on or what is wrong, in sentences."""
        if self.faults:
            return ["The ledger does not verify.", *self.faults]
        if self.missing_keys:
            ids = ", ".join(self.missing_keys)
            return [f"The ledger cannot be verified without its key: give --key-file with the key {ids}."]
        return ["The ledger verifies: every entry follows from the one before it.", *self._grounds()]

    def _grounds(self) -> Sequence[str]:
        """How much that is worth."""
        grounds = []
        if self.key_ids:
            grounds.append(f"Its entries were written under the ledger key {', '.join(self.key_ids)}.")
        if self.heads:
            count = "a head that was" if self.heads == 1 else f"{self.heads} heads that were"
            grounds.append(f"It still holds {count} kept outside of the store.")
        return grounds or [
            "It has no key and no head to compare it with: whoever can write the store can forge it."
        ]


def verdict_of(found: Exported, keys: LedgerKeys = UNKEYED, heads: Sequence[Head] = ()) -> Verdict:
    """Verify a record's ledger, and compare it with the heads. What the store itself found is told as well."""
    entries = found.record.ledger
    faults = [*record_faults(found.record, keys), *found.stored_faults, *faults_against(heads, entries)]
    key_ids = dict.fromkeys(entry.key_id for entry in entries if entry.key_id)
    return Verdict(faults, missing_keys(entries, keys), list(key_ids), len(heads))
