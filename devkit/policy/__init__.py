# SPDX-License-Identifier: Apache-2.0
"""What a policy does: faults, warnings, worked cases, a request tried, stored requests replayed."""
