# The front door. `make help` lists what there is; every target sets up what it needs, and a second time that takes no time.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup engine up test check static format lock bench docs examples pictures clean

PYTHONS = python3 python3.13 python3.12 python3.11 python3.10
RUN := .venv/bin/python -m
PIP := $(RUN) pip --disable-pip-version-check install --quiet

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: .venv/project ## Create .venv with the locked requirements and this project

engine: setup ## Get a Pulumi CLI where there is none (built from source, that takes minutes, once per machine)
	@.venv/bin/python tools/pulumi/ensure.py >/dev/null

up: setup ## Cancel a deployment: on a simulator, or on Qovery with QOVERY_API_TOKEN and ENVIRONMENT_ID
	@cli=$$(.venv/bin/python tools/pulumi/ensure.py) && PATH="$${cli:+$$cli:}$$PATH" .venv/bin/python tools/up.py

test: static engine ## Check everything that CI checks
	$(RUN) coverage run -m pytest
	$(RUN) coverage report

check: static ## Check everything but what needs the Pulumi engine
	$(RUN) coverage run -m pytest -m "not engine"
	$(RUN) coverage report

static: setup
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	.venv/bin/lint-imports

format: setup ## Format the code and repair what can be repaired
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

lock: setup ## Renew requirements/dev.txt from pyproject.toml
	$(RUN) uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --group dev --extra simulator \
	    pyproject.toml --output-file requirements/dev.txt --custom-compile-command 'make lock'

bench: setup ## Measure against what people would use instead; writes benchmarks/results.json and .svg
	@cli=$$(.venv/bin/python tools/pulumi/ensure.py) && PATH="$${cli:+$$cli:}$$PATH" $(RUN) benchmarks

docs: setup ## Build the documentation into site/
	$(RUN) tools.docs_diagrams
	$(RUN) sphinx -W --keep-going -q docs site

examples: engine ## Run every example and write what it prints into its README
	$(RUN) tools.readme_outputs

pictures: engine ## Draw the README's terminal pictures from a real run
	$(RUN) tools.terminal_picture

clean: ## Remove all that make made in this folder; a Pulumi CLI that it got stays in the user's cache
	rm -rf .venv .make site .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The marks of what was set up lie in .venv, so that they go with it.

.venv/project: .venv/requirements pyproject.toml
	@echo "Installing this project into .venv"
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/requirements: requirements/dev.txt | .venv/bin/python
	@echo "Installing the locked requirements into .venv: about a minute"
	@$(PIP) --require-hashes --requirement requirements/dev.txt
	@touch $@

.venv/bin/python:
	@for python in $(PYTHONS); do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then break; fi; \
	    python=; \
	done; \
	if [ -z "$$python" ]; then echo "Python 3.10 or newer is needed: none of $(PYTHONS) is that." >&2; exit 1; fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$python cannot make virtual environments: install its venv module (Debian: apt install python3-venv)." >&2; \
	    exit 1; \
	fi; \
	echo "Creating .venv with $$($$python --version)"; \
	$$python -m venv .venv
