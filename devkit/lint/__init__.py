# SPDX-License-Identifier: Apache-2.0
"""Finds what is wrong with a Dify workflow file before Dify does: `python -m devkit lint FILE…`.

Any workflow, not only ours. The schema comes first, then the rules of `rules/`: one idea each, told apart by name.
`devkit.lint.linter.Linter` is the way in for code.
"""
