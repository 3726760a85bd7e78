# SPDX-License-Identifier: Apache-2.0
"""`devkit move`: runs a move and prints what became of everything."""

from collections import Counter
from pathlib import Path

from approvals.clock import SystemClock
from approvals.errors import ApprovalError
from devkit.export.command import read_keys
from devkit.export.source import ExportError
from devkit.move.answers import SavedAnswers
from devkit.move.folders import storage_folder
from devkit.move.plugin_storage import PluginStorage
from devkit.move.run import Summary, move
from devkit.move.source import MoveError, Source
from devkit.move.target import Database, Outcome

_NAMED = 20  # troubles of one kind that are printed


def source_of(folder: Path | None, answers: Path | None, workspace: str = "") -> Source:
    """The one source that is given. Raises `MoveError` for none or two."""
    if (folder is None) == (answers is None):
        raise MoveError(
            "give either the storage folder of Dify's plugin daemon, or --answers with saved answers"
        )
    if answers is not None:
        return SavedAnswers(answers)
    return PluginStorage(storage_folder(folder or Path(), workspace), SystemClock())


def move_to(
    store_url: str, source: Source, key_file: Path | None = None, *, dry_run: bool = False
) -> Summary:
    """Copy a source into the database at `store_url`. Raises `MoveError`."""
    if not store_url:
        raise MoveError("give --store-url (or STORE_URL), the store_url that the plugin will be set to")
    try:
        keys = read_keys(key_file)
    except (ExportError, OSError) as error:
        raise MoveError(str(error)) from None
    target = Database(store_url, SystemClock(), dry_run=dry_run)
    try:
        return move(source, target, keys, verify=not dry_run)
    except ApprovalError as error:
        raise MoveError(f"{error.message}. Nothing is lost: run the command again, it goes on") from None
    finally:
        target.close()


def report(summary: Summary, *, dry_run: bool = False) -> str:
    """What a person reads after a move."""
    lines = [
        _line("policies", summary.policies),
        _line("requests", summary.requests),
        _line("removed requests", summary.tombstones),
        f"{'refused decisions':<20}{summary.refusals:>8,} moved",
        _line("dead letters", summary.dead_letters),
        _line("notices", summary.notices),
        _line("days' spending", summary.spends),
        _line("traces", summary.traces),
        _line("budgets", summary.budgets),
        _line("idempotency keys", summary.claims),
    ]
    if not dry_run:
        lines.append(f"{'ledgers':<20}{summary.verified:>8,} verify")
    if summary.without_key:
        count = f"{len(summary.without_key):,}"
        lines.append(f"{count} ledgers were written under a ledger_key: give --key-file to verify them")
    lines += _troubles("could not be read", [(one.name, one.why) for one in summary.unreadable])
    lines += _troubles("were left alone", summary.different)
    lines += _troubles("do not verify", [(name, "; ".join(faults)) for name, faults in summary.faulty])
    if dry_run:
        lines.append("Nothing was written.")
    elif summary.complete:
        lines.append(
            "Everything is in the database. Set store_url in the plugin's settings, and run this once more."
        )
    else:
        lines.append(
            "Not everything is in the database as it was. Keep Dify's storage until this is cleared up."
        )
    return "\n".join(lines)


def _line(name: str, outcomes: Counter[Outcome]) -> str:
    parts = [f"{outcomes[outcome]:,} {outcome}" for outcome in Outcome if outcomes[outcome]]
    return f"{name:<20}{outcomes.total():>8,} {', '.join(parts)}".rstrip()


def _troubles(what: str, found: list[tuple[str, str]]) -> list[str]:
    if not found:
        return []
    lines = [f"{len(found):,} {what}:", *(f"  {name}: {why}" for name, why in found[:_NAMED])]
    return [*lines, f"  and {len(found) - _NAMED:,} more"] if len(found) > _NAMED else lines
