# SPDX-License-Identifier: Apache-2.0
"""`devkit precheck`: what the marketplace's published checks look at, tried before a package is submitted.

Source: langgenius/dify-marketplace-toolkit (`toolkit/checks`, `validator`) and `docs/plugin-submission-requirements.md`
of langgenius/dify-plugins, as read in November 2026.
"""
