# One door to the house: `make help` lists what there is. Needs git, make and Python 3.11 or newer.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
UV_VERSION := 0.9
BIN := .venv/bin
# uv must work in this environment, whatever another one is active, and behind a bank's own certificates.
UV := env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT=.venv UV_SYSTEM_CERTS=true $(BIN)/uv
# Some containers forbid it; then each process compiles all that it imports anew, seconds each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo dev test test-slow lint docs bench clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: .venv/.installed ## Make the environment in .venv from the lock file

.venv/.installed: pyproject.toml uv.lock
	@command -v $(PYTHON) > /dev/null || { echo "There is no '$(PYTHON)': install Python 3.11 or newer, or name it: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cardinal needs Python 3.11 or newer, '$(PYTHON)' is $$($(PYTHON) -V 2>&1): name another one with make setup PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip --version > /dev/null 2>&1 || $(BIN)/python -m ensurepip > /dev/null
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=$(UV_VERSION)"
	$(UV) sync --locked --inexact --quiet
	@touch $@

demo: setup ## Make a demo bank, ingest it, build and publish it, and say what came of it
	@$(BIN)/cardinal demo

dev: setup ## Open Dagster's pages on everything: assets, jobs, schedules, runs
	$(UV) sync --locked --inexact --quiet --extra orchestration
	@$(BIN)/python -m orchestration.pages

test: setup ## Run the unit, integration and convention tests
	@$(BIN)/python -m pytest

test-slow: setup ## Run the tests that take minutes
	@$(BIN)/python -m pytest -n 0 -m slow

lint: setup ## Check style and types of Python and SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@mkdir -p target/lint
	CARDINAL_HOME=target/lint $(BIN)/sqlfluff lint --disable-progress-bar --processes 2 models tests/dbt/singular

docs: setup ## Write what follows from other ymls, and dbt's documentation, anew
	$(BIN)/python -m cardinal.contract_pages
	$(BIN)/python -m cardinal.pseudonymous_contract
	$(BIN)/python -m cardinal.audiences
	@mkdir -p "$${CARDINAL_HOME:-data}"
	$(BIN)/dbt docs generate

bench: setup ## Measure generation, ingestion and the build (minutes; see docs/benchmarks.md)
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

clean: ## Remove the environment and build results, never the data
	rm -rf .venv target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
