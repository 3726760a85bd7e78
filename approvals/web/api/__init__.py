# SPDX-License-Identifier: Apache-2.0
"""The JSON API. `docs/openapi.yaml` describes it."""
