# SPDX-License-Identifier: Apache-2.0
"""Reads what a store has kept, and tells what was damaged from what a newer version of the plugin wrote."""

from pydantic import BaseModel, ValidationError

from approvals.errors import ApprovalError, ErrorCode

_BROKEN_JSON = "json_invalid"


class UnreadableError(ApprovalError):
    """One stored value cannot be read; others can. `damaged` is true when no version of the plugin could."""

    def __init__(self, what: str, why: str, *, damaged: bool) -> None:
        remedy = (
            "it was damaged and cannot be used" if damaged else "a newer version wrote it: update the plugin"
        )
        super().__init__(ErrorCode.STORE_UNAVAILABLE, f"the store could not read {what}: {why}; {remedy}")
        self.damaged = damaged


def read_stored[M: BaseModel](model: type[M], raw: bytes, what: str) -> M:
    """The model whose JSON is in `raw`. Raises `UnreadableError`, with `what` in its message and nothing of `raw`."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole value"
        damaged = first["type"] == _BROKEN_JSON
        raise UnreadableError(what, f"{place}: {first['msg']}", damaged=damaged) from None
