# SPDX-License-Identifier: Apache-2.0
"""How text is normalised, compared and parsed."""
