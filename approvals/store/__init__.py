# SPDX-License-Identifier: Apache-2.0
"""Where records live: one protocol, several stores, one contract test suite for all."""
