# SPDX-License-Identifier: Apache-2.0
"""What approvals cost: every sample purchase through the plugin over stdio, tokens as the endpoint counts them."""

import statistics
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.progress import Progress

from bench.plan import Plan
from bench.plugin_load import OURS
from bench.samples import KEY, MODEL, ROUTINE, credentials, parameters, purchases
from devkit.host import PluginHost, ToolAnswer
from devkit.llm_stub import StubProcess

LIST_PRICE = '{"deepseek-v3.2": {"input": 0.14, "output": 0.28}}'
"""DeepSeek V3.2, USD per million tokens."""
_IN_FLIGHT = 16

Section = dict[str, Any]


def measure_cost(plan: Plan, progress: Progress) -> Section:
    """Tokens and USD: with one model for all, and with the second opinions that the default settings ask for."""
    variants = {
        "listed": ("DeepSeek V3.2 for every call", {"second_opinion_model": MODEL, "prices": LIST_PRICE}),
        "defaults": ("default settings (second opinions by gpt-4.1)", dict[str, str]()),
    }
    sample = list(purchases())[: plan.purchases]
    task = progress.add_task("cost", total=len(variants) * len(sample))
    rows, routine = {}, list[int]()
    with StubProcess(api_key=KEY) as stub, PluginHost(cwd=OURS.folder) as host:
        for name, (label, others) in variants.items():
            progress.update(task, description=f"cost: {label}")
            given = credentials(stub.base_url, KEY, _IN_FLIGHT, **others)
            answers = _asked(host, sample, given, lambda: progress.advance(task))
            rows[name] = {"label": label, **_summed(answers)}
            routine += [
                answer.variables["tokens_used"]
                for purchase, answer in zip(sample, answers, strict=True)
                if Decimal(purchase["amount_gbp"]) <= ROUTINE
            ]
    return {
        "rows": rows,
        "most_tokens_routine": max(routine),
        "mean_tokens_routine": statistics.fmean(routine),
    }


def _asked(
    host: PluginHost, sample: list[Mapping[str, str]], given: Mapping[str, str], tick: Any
) -> list[ToolAnswer]:
    """The plugin's answers, so many at a time. Raises when one of them is not what it should be."""
    futures = []
    for purchase in sample:
        while sum(not future.done() for future in futures[-2 * _IN_FLIGHT :]) >= _IN_FLIGHT:
            time.sleep(0.002)
        futures.append(host.submit_tool(OURS.tool, parameters(purchase), credentials=given))
        tick()
    answers = [future.result() for future in futures]
    wrong = [answer for answer in answers if not OURS.is_right(answer) or not answer.variables["cost_known"]]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(answers)} approvals went wrong: {wrong[0]}")
    return answers


def _summed(answers: list[ToolAnswer]) -> Section:
    said = [answer.variables for answer in answers]
    usd = sum((Decimal(str(each["cost_usd"])) for each in said), Decimal(0))
    return {
        "approvals": len(said),
        "calls": sum(each["attempts"] for each in said),
        "prompt_tokens": sum(each["prompt_tokens"] for each in said),
        "completion_tokens": sum(each["completion_tokens"] for each in said),
        "tokens_each": statistics.fmean(each["tokens_used"] for each in said),
        "usd_per_1000": float(usd / len(said) * 1000),
    }
