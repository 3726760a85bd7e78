# SPDX-License-Identifier: Apache-2.0
"""The brief: what an approver reads before deciding, as Markdown in four languages.

It keeps to what Dify's forms and mails show alike: paragraphs, lists, strong. A mail strips every HTML tag, has no
headings and escapes `>`, so quoted text is marked by typographic quotes.
"""

from approvals.domain.brief.compose import brief_of, details_of, level_title
from approvals.domain.brief.language import language_of
from approvals.domain.brief.report import line_of, reminder_of, report_of

__all__ = ["brief_of", "details_of", "language_of", "level_title", "line_of", "reminder_of", "report_of"]
