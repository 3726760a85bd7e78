# SPDX-License-Identifier: Apache-2.0
"""HTTP over lanes: connections that are each used by one call at a time."""
