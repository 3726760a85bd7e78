# SPDX-License-Identifier: Apache-2.0
"""The pages: each turns what is known of a request, or of many, into a response."""
