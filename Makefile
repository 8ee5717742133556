# `make run` and `make test` are all that a newcomer needs; both install what is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

BIN := .venv/bin
# A file's tests run one after the other in one process, so that they share what is slow to make.
PYTEST := $(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## Say what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

.PHONY: run
run: setup ## Start the service with the demonstration town on http://127.0.0.1:8000
	@exec $(BIN)/gridsvc run --demo

.PHONY: test
test: lint ## Run the checks and every test but the long ones
	$(PYTEST) -m "not soak" $(ARGS)

.PHONY: soak
soak: setuptest ## Run the long tests, and every generated one on new examples
	$(BIN)/pytest -m soak --timeout 0 $(ARGS)
	$(PYTEST) -m hypothesis --hypothesis-profile=default --timeout 0 $(ARGS)

.PHONY: lint
lint: setuptest ## Check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive gridsvc

.PHONY: format
format: setuptest ## Mend style and formatting where that can be done by rule
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: setup
setup: ## Install what the service needs
	@.ci/setup run

.PHONY: setuptest
setuptest: ## Install what the tests need
	@.ci/setup test

.PHONY: constraints
constraints: ## Pin the newest versions that pyproject.toml admits
	.ci/constraints

.PHONY: licences
licences: setuptest ## Write the list of licences anew
	$(BIN)/python .ci/licences

.PHONY: clean
clean: ## Remove what was installed into this folder
	rm -rf .venv gridsvc/web/node_modules gridsvc/web/static/vendor .mypy_cache .ruff_cache .pytest_cache
