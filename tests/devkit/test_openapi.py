# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.yaml says what the code does."""

from jsonschema import Draft202012Validator

from approvals.web.api.unknown import ROUTES
from devkit.openapi.document import PAGE, document, written
from devkit.openapi.errors import RESPONSES, codes_of

API = ("/v1/", "/health", "/metrics")


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run python -m devkit.openapi"


def test_every_route_of_the_api_is_described_and_no_other() -> None:
    routes = {
        (path.replace("<", "{").replace(">", "}"), method.lower())
        for path, methods in ROUTES
        if path.startswith(API)
        for method in methods
    }
    assert {(path, method) for path, item in document()["paths"].items() for method in item} == routes


def test_every_error_code_stands_with_its_status() -> None:
    everywhere = [code for status in RESPONSES for code in codes_of(status)]
    assert (
        sorted(set(everywhere))
        == document()["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"]
    )


def test_every_schema_is_one() -> None:
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
