# SPDX-License-Identifier: Apache-2.0
"""Runs every test that takes a `case` against every store."""

from collections.abc import Iterator

import pytest

from approvals.store.protocol import ApprovalStore
from tests.approvals.store import dify_case, sql_case
from tests.approvals.store.contract import CaseFactory, StoreCase

FACTORIES: dict[str, CaseFactory] = {**dify_case.FACTORIES, **sql_case.FACTORIES}


@pytest.fixture(params=sorted(FACTORIES))
def make_case(request: pytest.FixtureRequest) -> CaseFactory:
    """What makes cases of one store: for tests that need a new one for each example."""
    return FACTORIES[request.param]


@pytest.fixture
def case(make_case: CaseFactory) -> Iterator[StoreCase]:
    """A store without data."""
    with make_case() as made:
        yield made


@pytest.fixture
def store(case: StoreCase) -> ApprovalStore:
    """A handle on a store without data."""
    return case.open()
