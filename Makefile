# Every target works on a machine that has Python 3.11 or newer and nothing else: what it needs goes to .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
IMAGE ?= fakeai
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup serve test check format bench docs image clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(STAMP) ## create .venv and install fakeai and its tools

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "fakeai needs Python 3.11 or newer; choose one: make PYTHON=python3.12 …" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "$(PYTHON) has no venv module (on Debian: apt install python3-venv)" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

serve: $(STAMP) ## run the server (make serve ARGS="--port 9000")
	@exec $(BIN)/fakeai serve $(ARGS)

test: $(STAMP) ## run the tests (make test ARGS="-k chat")
	$(BIN)/python -m pytest -n auto $(ARGS)

check: $(STAMP) ## format, lint, types, import contracts, all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(STAMP) ## format the code and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## measure speed, pacing and memory against the targets
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(STAMP) ## regenerate the tables in docs/
	$(BIN)/python docs/generate.py

image: ## build the container image
	docker build --tag $(IMAGE) .

clean: ## remove .venv and all caches
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
