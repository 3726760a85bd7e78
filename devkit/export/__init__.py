# SPDX-License-Identifier: Apache-2.0
"""Writes one request's whole record for an auditor: as JSON for machines, as one page for people."""

from devkit.export.page import audit_page
from devkit.export.source import Exported, ExportError, record_from_answer, record_from_store

__all__ = ["ExportError", "Exported", "audit_page", "record_from_answer", "record_from_store"]
