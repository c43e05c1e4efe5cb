# Two commands: `make call` places a call, `make test` runs every test. Both set everything up first. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements.lock)
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help call serve test check lock docs image-lint bench bench-density clean
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

# espeak-ng (GPL-3.0) is in the lock as the offline voice; the README says what installing it means.
$(STAMP): requirements.lock pyproject.toml
	@echo "Setting up (once; a minute or so)..."
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Cordboard needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=python3.12, say."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

call: $(STAMP) ## Place a call to the example line and print the conversation
	@$(BIN)/cordboard demo

serve: $(STAMP) ## Answer calls on 127.0.0.1:8080
	@$(BIN)/cordboard serve

test: $(STAMP) ## Run all tests
	@$(BIN)/python -m pytest -q -n 4 --dist worksteal

check: $(STAMP) ## Lint, types, import contracts, unit tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q -m unit -n 2 --dist worksteal

bench: $(STAMP) ## Compare with a bare pipecat bot: latency, barge-in, stalls (15 minutes; a quiet machine)
	@$(BIN)/python -W ignore -m benchmarks.bench

bench-density: $(STAMP) ## Calls per core beside a bare pipecat bot (an hour; two cores and a quiet machine)
	@$(BIN)/python -W ignore -m benchmarks.density

lock: ## Pin every dependency again (edits requirements.lock)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  pyproject.toml --extra offline --extra meaning --group dev -o requirements.lock

clean: ## Remove the environment and every cache
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
