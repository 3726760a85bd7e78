# SPDX-License-Identifier: Apache-2.0
"""Writes one request's whole record for an auditor: as JSON for machines, as one page for people."""

from devkit.export.command import Export, compare, export, read_keys, source_of
from devkit.export.source import ExportError

__all__ = ["Export", "ExportError", "compare", "export", "read_keys", "source_of"]
