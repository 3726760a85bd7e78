# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.yaml, written from the code: what the endpoints take and answer."""
