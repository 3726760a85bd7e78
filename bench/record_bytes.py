# SPDX-License-Identifier: Apache-2.0
"""What a decided request takes in Dify's storage, all of its keys together, as the plugin writes them over stdio."""

from typing import Final

from devkit.host import HostStorage, PluginHost

REQUESTS: Final = 20
"""Of one requester, to as many vendors. The bytes of one are the growth over so many, of which much is shared."""
ROUTINE: Final[dict[str, str]] = {
    "content": "Please approve two height-adjustable desks and a task chair for the new colleague in the support team. "
    "Quote Q-2026-{number} from Officeworks {number}, delivery included, valid until the end of the month.",
    "request_type": "purchase",
    "currency": "USD",
    "requester": "ann.lee@example.com",
    "vendor": "Officeworks {number}",
    "cost_center": "CC-114",
    "priority": "3",
}
AMOUNTS: Final = {"approved without a person": "300", "with a manager's signature": "1200"}
"""Under policies/default.yaml."""


def bytes_of_decided(plugin: PluginHost, amount: str, count: int = REQUESTS) -> float:
    """Bytes of keys and values that a request of this amount takes once it is approved, without its policy."""
    _decide(plugin, amount, 0)  # opens the lists
    before = _stored(plugin.workspace.storage)
    for number in range(1, count + 1):
        _decide(plugin, amount, number)
    return (_stored(plugin.workspace.storage) - before) / count


def _stored(storage: HostStorage) -> int:
    kept = storage.snapshot().items()
    return sum(len(key) + len(value) for key, value in kept if not key.startswith("pol/"))


def _decide(plugin: PluginHost, amount: str, number: int) -> None:
    """A request from its analysis to its approval, with ids and keys as the workflows give them."""
    routine = {name: text.format(number=f"{amount}-{number}") for name, text in ROUTINE.items()}
    given = {**routine, "amount": amount, "idempotency_key": f"4f6e1f9a-6a0e-4f0c-{amount:0>4}-{number:012}"}
    request_id = plugin.invoke_tool("analyze_approval", given).raise_for_error().variables["request_id"]
    event = {"request_id": request_id, "event": "submit", "idempotency_key": f"{request_id}:submit"}
    said = plugin.invoke_tool("route_approval", event).raise_for_error().variables
    if said["next_step"] == "review_manager":
        signature = {
            "request_id": request_id,
            "event": "approve",
            "actor": "bo.manager@example.com",
            "actor_level": "manager",
            "comment": "Fine, this is within our budget for the quarter.",
            "idempotency_key": f"{request_id}:manager:1",
        }
        said = plugin.invoke_tool("route_approval", signature).raise_for_error().variables
    if said["state"] != "approved":
        raise RuntimeError(f"request {request_id} is {said['state']}: {said['reason']}")
