# SPDX-License-Identifier: Apache-2.0
"""The package as Dify reads it: manifest, provider, tools, requirements, documents."""
