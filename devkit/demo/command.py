# SPDX-License-Identifier: Apache-2.0
"""`make demo`: plays the main job and shows what happened."""

import sys

from rich.console import Console

from devkit.demo.play import play, scripted
from devkit.demo.scenario import read_cases
from devkit.demo.show import NEXT_STEPS, asking, results
from devkit.demo.world import running_world


def run_demo(*, play_decisions: bool) -> None:
    """Send every example through the workflow; ask for the decisions at a terminal unless told to play them."""
    interactive = not play_decisions and sys.stdin.isatty() and sys.stdout.isatty()
    console = Console(width=None if sys.stdout.isatty() else 140)
    cases = read_cases()
    console.print("[bold]Approvals for Dify[/bold]: real card purchases through workflows/approval.yml")
    with console.status("Starting the plugin …"), running_world() as world:
        console.print(
            f"Plugin: a process behind stdio, ready in {world.host.start_seconds:.1f} s, as Dify runs it"
        )
        console.print("Engine: graphon, the one that Dify runs workflows on")
        console.print(f"Model:  {world.endpoint.described}\n")
        decide = asking(console) if interactive else scripted()
        played = []
        for number, case in enumerate(cases, start=1):
            one = play(world, case, decide)
            played.append(one)
            console.print(f"{number}/{len(cases)}  {case.supplier.title():<28} {' → '.join(one.path)}")
    console.print()
    console.print(results(played))
    console.print()
    console.print(NEXT_STEPS)
