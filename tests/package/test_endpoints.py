# SPDX-License-Identifier: Apache-2.0
"""The endpoint group declares what the daemon accepts, and asks for exactly the settings that are read."""

from collections import Counter

import pytest

from approvals.web.api.unknown import ROUTES
from approvals.web.settings import FIELDS
from tests.package import accepted
from tests.package.files import ENDPOINT_GROUP, ENDPOINTS, ROOT


def test_the_group_asks_for_the_settings_that_are_read_each_in_a_hidden_field() -> None:
    assert [setting["name"] for setting in ENDPOINT_GROUP["settings"]] == list(FIELDS)
    assert {setting["type"] for setting in ENDPOINT_GROUP["settings"]} == {"secret-input"}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_an_endpoint_has_a_method_that_dify_routes_and_a_source(path: str) -> None:
    endpoint = ENDPOINTS[path]
    assert endpoint["method"] in accepted.ENDPOINT_METHODS
    assert endpoint["path"].startswith("/")
    assert (ROOT / endpoint["extra"]["python"]["source"]).is_file()
    assert len(path) <= accepted.PATH_LIMIT


def test_no_route_is_declared_twice() -> None:
    routes = Counter((endpoint["method"], endpoint["path"]) for endpoint in ENDPOINTS.values())
    assert [route for route, count in routes.items() if count > 1] == []


def test_wrong_methods_are_told_from_the_routes_that_are_declared() -> None:
    declared = {
        (method, endpoint["path"])
        for endpoint in ENDPOINTS.values()
        for method in [endpoint["method"]]
        if endpoint["path"] != "/<path:path>"
    }
    assert declared == {(method, path) for path, methods in ROUTES for method in methods}


def test_every_file_in_the_folder_is_declared() -> None:
    declared = {*ENDPOINTS, *(one["extra"]["python"]["source"] for one in ENDPOINTS.values())}
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "endpoints").iterdir() if path.is_file()}
    assert there - declared == {"endpoints/approvals_api.yaml"}
