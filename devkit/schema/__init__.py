# SPDX-License-Identifier: Apache-2.0
"""Builds the JSON Schemas of Dify workflow files: from the engine's node models and our own overlay.

`schemas/dify-workflow.schema.json` takes what Dify exports, any node type and older versions included;
`schemas/dify-workflow-bundle.schema.json` is strict, for files that are written to be shipped.
`python -m devkit.schema` writes both.
"""
