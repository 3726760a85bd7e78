# SPDX-License-Identifier: Apache-2.0
"""The rows of a canvas on which people decide, from top to bottom. An edge never crosses another level's nodes."""

UPPER = 80
"""The forms and what records their answers; at the left the notes."""
TIMEOUT = 340
"""What happens when nobody answers a form."""
LOWER = 720
"""The way of every request: start, analysis, policy, and past the levels that it does not need."""
BOTTOM = 1180
"""The way of a request that nobody is asked about, and the outcome."""
