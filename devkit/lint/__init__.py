# SPDX-License-Identifier: Apache-2.0
"""Checks Dify workflow files of any origin: `python -m devkit lint FILE…`.

A file is parsed (`source`), its misspelt names are corrected for what follows (`corrected`), and the JSON Schema and
the rules of `rules` report what is wrong. `devkit.lint.linter.Linter` is the entry point for code.
"""
