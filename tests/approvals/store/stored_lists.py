# SPDX-License-Identifier: Apache-2.0
"""Reads Dify storage as it lies there, past the store, to see whether its lists are sound."""

import json
from collections.abc import Mapping

from approvals.store.compression import decompressed
from approvals.store.dify.index_entries import decode_hints
from approvals.store.dify.index_keys import Place, place_of, places_of
from approvals.store.protocol import DeadLetter
from approvals.store.record_codec import decode_kept

type Listing = tuple[Place, str]


def hints_in(values: Mapping[str, bytes]) -> set[Listing]:
    """Every hint that a walk can reach: in shards that the directory names."""
    return {
        (Place(series, hint.at), hint.request_id)
        for month in _names(values, "dir/months")
        for series in [month.partition("/")[0]]
        for name in _names(values, f"dir/{month}")
        if f"idx/{series}/{name}" in values
        for hint in decode_hints(values[f"idx/{series}/{name}"])
    }


def _names(values: Mapping[str, bytes], key: str) -> list[str]:
    return json.loads(values[key])["names"] if key in values else []


def things_in(values: Mapping[str, bytes]) -> set[Listing]:
    """Where every record and dead letter that is stored must be listed."""
    records = [decode_kept(decompressed(raw, key)) for key, raw in values.items() if key.startswith("rec/")]
    letters = [DeadLetter.model_validate_json(raw) for key, raw in values.items() if key.startswith("dlq/")]
    return {(place, record.request_id) for record in records for place in places_of(record)} | {
        (place_of(letter), letter.request_id) for letter in letters
    }


def orphans(values: Mapping[str, bytes]) -> set[Listing]:
    """What no walk would find. Must be empty at any moment whatever."""
    return things_in(values) - hints_in(values)


def litter(values: Mapping[str, bytes]) -> set[str]:
    """Untrue hints, and keys of shards that nobody reaches or that are not there. May exist for some hours."""
    untrue = {
        f"{place.series} {place.at} {request_id}"
        for place, request_id in hints_in(values) - things_in(values)
    }
    shards = {key.removeprefix("idx/") for key in values if key.startswith("idx/")}
    listed = {
        f"{key.split('/')[1]}/{name}"
        for key in values
        if key.startswith("dir/") and key != "dir/months"
        for name in _names(values, key)
    }
    return untrue | (shards ^ listed)
