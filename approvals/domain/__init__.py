# SPDX-License-Identifier: Apache-2.0
"""What an approval is and how it may change: pure functions and frozen models, no I/O, no clock of their own."""
