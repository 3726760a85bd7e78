# SPDX-License-Identifier: Apache-2.0
"""`devkit move`: runs a move and prints what became of everything."""

from collections import Counter
from pathlib import Path

from approvals.clock import SystemClock
from approvals.errors import ApprovalError
from devkit.move.folders import storage_folder
from devkit.move.plugin_storage import PluginStorage
from devkit.move.run import Summary, move
from devkit.move.source import MoveError
from devkit.move.target import Database, Outcome

_NAMED = 20  # troubles of one kind that are printed


def move_storage(folder: Path, store_url: str, *, workspace: str = "", dry_run: bool = False) -> Summary:
    """Copy a workspace's plugin storage into the database at `store_url`. Raises `MoveError`."""
    if not store_url:
        raise MoveError("give --store-url (or STORE_URL), the store_url that the plugin will be set to")
    clock = SystemClock()
    source = PluginStorage(storage_folder(folder, workspace), clock)
    target = Database(store_url, clock, dry_run=dry_run)
    try:
        return move(source, target, verify=not dry_run)
    except ApprovalError as error:
        raise MoveError(f"{error.message}. Nothing is lost: run the command again, it goes on") from None
    finally:
        target.close()


def report(summary: Summary, *, dry_run: bool = False) -> str:
    """What a person reads after a move."""
    lines = [
        _line("requests", summary.requests),
        f"{'refused decisions':<20}{summary.refusals:>8,} moved",
        _line("dead letters", summary.dead_letters),
        _line("idempotency keys", summary.claims),
    ]
    if not dry_run:
        sound = summary.verified - len(summary.faulty)
        lines.append(f"{'ledgers':<20}{summary.verified:>8,} verified: {sound:,} hold")
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
