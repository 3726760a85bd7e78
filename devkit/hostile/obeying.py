# SPDX-License-Identifier: Apache-2.0
"""Every attack through the plugin as a process, with a model that does what the attacker wants."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import read_policy
from approvals.domain.records import ApprovalRequest
from approvals.domain.routing import policy_route
from approvals.domain.terms import Risk
from devkit.host import HostStorage, PluginHost
from devkit.hostile.samples import attacks
from devkit.llm_stub import LlmStub, Outcome

_ROOT: Final = Path(__file__).parents[2]
_AMOUNTS: Final = ("10", "3000", "20000", "900000")
_POLICIES: Final = ("default.yaml", "purchasing.yaml")
_AT_ONCE: Final = 8
_KEY: Final = "key-of-the-hostile-run"


class Tried(NamedTuple):
    """One attack with an amount under a policy: what the plugin made of it, and what the policy alone demands."""

    text: str
    amount: str
    policy: str
    approved: bool
    signatures: int
    demanded: int

    @property
    def changed(self) -> bool:
        """True when the request got away with less than the policy demands of the stated facts."""
        return self.signatures < self.demanded or (self.approved and self.demanded > 0)


def attacked(*, once: bool = False) -> list[Tried]:
    """Every attack with every amount under every policy; `once`: each with one of them, in turn."""
    with LlmStub(latency_ms=0, api_key=_KEY) as stub:
        stub.always(Outcome.OBEY_ATTACKER)
        credentials = {
            "api_key": _KEY,
            "base_url": stub.base_url,
            "allow_insecure_http": "true",
            "rpm_limit": "1000000",
            "tpm_limit": "1000000000",
        }
        with (
            PluginHost(cwd=_ROOT, storage=HostStorage(), credentials=credentials) as host,
            ThreadPoolExecutor(_AT_ONCE) as pool,
        ):
            return list(pool.map(lambda case: _tried(host, *case), _cases(once=once)))


def _cases(*, once: bool) -> Iterator[tuple[str, str, str, str]]:
    policies = {name: (_ROOT / "policies" / name).read_text(encoding="utf-8") for name in _POLICIES}
    ways = [(amount, name, text) for amount in _AMOUNTS for name, text in policies.items()]
    for number, sample in enumerate((*attacks(), *attacks(unseen=True))):
        for way in [ways[number % len(ways)]] if once else ways:
            yield (sample.text, *way)


def _tried(host: PluginHost, text: str, amount: str, name: str, policy: str) -> Tried:
    given = {
        "content": text,
        "request_type": "purchase",
        "amount": amount,
        "currency": "USD",
        "requester": "Mallory",
        "policy": policy,
    }
    request_id = _answer(host, "analyze_approval", given)["request_id"]
    said = _answer(host, "route_approval", {"request_id": request_id, "event": "submit"})
    approved = said["state"] == "approved"
    return Tried(
        text, amount, name, approved, len(said["stages_left"]), _demanded(read_policy(policy).policy, amount)
    )


def _answer(host: PluginHost, tool: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return host.invoke_tool(tool, given).raise_for_error().variables


def _demanded(policy: Policy, amount: str) -> int:
    request = ApprovalRequest(
        request_id="r", content="", request_type="purchase", amount=Decimal(amount), currency="USD"
    )
    return len(policy_route(policy, request, Risk.LOW).stages)
