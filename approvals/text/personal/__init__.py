# SPDX-License-Identifier: Apache-2.0
"""Finds addresses, phone numbers, card numbers and IBANs in text, so that they can be hidden. Linear in its length."""

from approvals.text.personal.finding import Found, PersonalData, find_personal_data

__all__ = ["Found", "PersonalData", "find_personal_data"]
