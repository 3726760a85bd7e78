# SPDX-License-Identifier: Apache-2.0
# `make` lists the targets. No path is written in full, so a clone may lie anywhere, in a path with spaces too.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON := .venv/bin/python
ARGS ?=

# What the environment is made of: when one of these changes, the next target brings it up to date.
REQUIREMENTS := requirements.txt requirements-dev.txt requirements-engine.txt
STAMP := .venv/.installed
BENCH_STAMP := .venv-bench/.installed

LOCK := uv pip compile --quiet --universal --python-version 3.12 --no-emit-index-url --no-emit-find-links \
	--annotation-style line --custom-compile-command 'make lock'

# Tests that need each other's servers and processes stand in one file, so files are spread over the processes, in the
# order of tests/conftest.py: the longest first. One process more than there are cores, since some tests wait for a
# silent server.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST = $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo test check coverage lint bench hostile package precheck lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## Make .venv with all that development needs (the other targets call it)
	@:

$(STAMP): $(REQUIREMENTS) devkit/setup.sh
	@sh devkit/setup.sh

demo: setup ## Run the main job: no account, no network. ARGS="--yes" plays the decisions
	@$(PYTHON) -m devkit demo $(ARGS)

test: setup ## Run the tests. ARGS="tests/approvals/domain -x" picks some
	@$(PYTEST) $(ARGS)

check: lint ## Check style and types, and run the quick tests: under 90 seconds
	@$(PYTEST) -m "not slow" tests/approvals/analysis tests/approvals/dify tests/approvals/domain \
		tests/approvals/service tests/approvals/telemetry tests/approvals/text tests/package tests/policies \
		tests/workflows/test_files.py tests/devkit/engine $(ARGS)

coverage: setup ## Run the tests and count the lines of approvals/ that they run: at least 90 %
	@$(PYTEST) --cov=approvals --cov-report=term --cov-fail-under=90 $(ARGS)

lint: setup ## Check format, style, types and the layers of the packages
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -c 'from importlinter.cli import lint_imports_command as run; run()' --no-cache
	@$(PYTHON) -m devkit lint --bundle workflows/*.yml

hostile: setup ## Try hostile input: attacks, false alarms, growth, secrets; prints the table of SECURITY.md
	@$(PYTHON) -m devkit hostile $(ARGS)

package: setup ## Build the plugin package in dist/
	@$(PYTHON) -m devkit package $(ARGS)

precheck: setup ## Try what the marketplace checks in a package
	@$(PYTHON) -m devkit precheck $(ARGS)

bench: setup $(BENCH_STAMP) ## Measure speed, limits and cost into docs/benchmarks. BENCH_QUICK=1 for a trial
	@$(PYTHON) -m bench $(ARGS)

# What others are measured with is kept apart, so that none of it mixes with the plugin's own requirements.
$(BENCH_STAMP): requirements-bench.txt $(STAMP)
	@echo "Installing the libraries to compare with into .venv-bench"
	@rm -rf .venv-bench && $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install -q -r requirements-bench.txt && touch $@

lock: ## Pin the whole tree from requirements*.in (needs uv). ARGS="--upgrade" takes the newest
	@$(LOCK) $(ARGS) requirements.in --output-file requirements.txt
	@$(LOCK) $(ARGS) requirements-dev.in --output-file requirements-dev.txt

clean: ## Remove all that make has made
	@rm -rf .venv .venv-bench dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
