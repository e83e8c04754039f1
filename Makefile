# `make help` lists the main targets. Every target sets up what it needs; if that is done already, it takes no time.

MAKEFLAGS += --no-print-directory
# Without bytecode, each of the many processes of a test would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help setup engine up up-yaml test check static format lock bench docs examples pictures clean
.PHONY: test-compat test-oldest test-newest reliability model matrix values crashes mutate fuzz dist plugin audit

PYTHONS = python3 python3.13 python3.12 python3.11 python3.10
RUN := .venv/bin/python -m
PIP := -m pip --disable-pip-version-check install --quiet
LOCK := $(RUN) uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
    --custom-compile-command 'make lock' pyproject.toml

# Two for each core: most of the time, the tests wait for an engine, a server or a process.
WORKERS = --numprocesses $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN)) --dist worksteal

# How many cases the full test runs play, and where they write their results.
QOVERY_SCHEDULES ?= 100000
QOVERY_CRASHES ?= 13
FUZZ_SECONDS ?= 60
QOVERY_FIGURES ?= docs/figures

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

setup: .venv/project ## Create .venv with the locked requirements and this project

engine: setup ## Get a Pulumi CLI if there is none (a build from source takes minutes, once per machine)
	@.venv/bin/python tools/pulumi_cli/ensure.py >/dev/null

up: setup ## Cancel a deployment: on a simulator, or on Qovery with QOVERY_API_TOKEN and ENVIRONMENT_ID
	@cli=$$(.venv/bin/python tools/pulumi_cli/ensure.py) && PATH="$${cli:+$$cli:}$$PATH" .venv/bin/python tools/up.py

up-yaml: setup ## The same from a YAML program, served by the provider plugin
	@cli=$$(.venv/bin/python tools/pulumi_cli/ensure.py --yaml) && \
	    PATH="$${cli:+$$cli:}$$PATH" .venv/bin/python tools/up.py --yaml

test: static engine ## Run every check that CI runs
	@$(RUN) coverage erase
	COVERAGE_PROCESS_START=pyproject.toml $(RUN) pytest $(WORKERS)
	@$(RUN) coverage combine --quiet
	$(RUN) coverage report

test-compat: test-oldest test-newest ## Run the tests that involve Pulumi with the oldest and the newest supported SDK

# An old dependency may use what a newer Python calls deprecated.
test-oldest test-newest: test-%: .venv-compat-%/project engine
	@.venv-compat-$*/bin/python -c 'import sys; from importlib.metadata import version; \
	    print("Python", sys.version.split()[0], *(f"{name} {version(name)}" for name in ("pulumi", "requests")))'
	.venv-compat-$*/bin/python -m pytest -W default::DeprecationWarning tests/unit tests/contract
	.venv-compat-$*/bin/python -m pytest -W default::DeprecationWarning -m engine tests/engine tests/examples

check: static ## Run the checks that need no Pulumi engine, with fewer schedules and without coverage: about a minute
	QOVERY_SCHEDULES=1000 $(RUN) pytest -m "not engine" $(WORKERS)

static: setup
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	.venv/bin/lint-imports

format: setup ## Format the code and fix the lint errors that can be fixed automatically
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

lock: setup ## Renew requirements/*.txt from pyproject.toml
	$(LOCK) --group dev --extra simulator --output-file requirements/dev.txt
	$(LOCK) --group oldest --extra simulator --resolution lowest-direct | \
	    $(LOCK) --group test --extra simulator --constraint - --output-file requirements/compat-oldest.txt
	$(LOCK) --group test --extra simulator --upgrade --output-file requirements/compat-newest.txt
	$(LOCK) --constraint requirements/dev.txt --output-file requirements/plugin.txt
	$(LOCK) --group mutate --constraint requirements/dev.txt --output-file requirements/mutate.txt
	$(LOCK) --group fuzz --constraint requirements/dev.txt --output-file requirements/fuzz.txt
	$(LOCK:pyproject.toml=) --group audit --output-file requirements/audit.txt

reliability: model matrix values crashes mutate fuzz ## Run the reliability tests in full and write docs/reliability.md: about an hour

model: setup ## Run 100 000 random schedules, and 10 000 for many environments: about 15 minutes
	QOVERY_FIGURES=$(QOVERY_FIGURES) QOVERY_SCHEDULES=$(QOVERY_SCHEDULES) $(RUN) pytest tests/model
	@$(RUN) docs.generate.reliability

matrix: setup ## Run every fault at every position of a cancellation
	QOVERY_FIGURES=$(QOVERY_FIGURES) $(RUN) pytest tests/contract/test_fault_matrix.py
	@$(RUN) docs.generate.reliability

values: setup ## Try every bad value for every input and setting
	QOVERY_FIGURES=$(QOVERY_FIGURES) $(RUN) pytest tests/unit/hosts/test_bad_input.py
	@$(RUN) docs.generate.reliability

crashes: engine ## Kill the engine at random moments, 52 times for each kind of crash: about 25 minutes
	QOVERY_FIGURES=$(QOVERY_FIGURES) QOVERY_CRASHES=$(QOVERY_CRASHES) $(RUN) pytest tests/engine/test_crashes.py
	@$(RUN) docs.generate.reliability

mutate: setup .venv-mutate/requirements ## Make small changes to the pure modules and check that the tests detect them
	QOVERY_FIGURES=$(QOVERY_FIGURES) .venv-mutate/bin/python -m tools.mutate
	@$(RUN) docs.generate.reliability

fuzz: .venv-fuzz/requirements setup ## Fuzz inputs, settings and answers, guided by coverage; FUZZ_SECONDS=60 for each target
	QOVERY_FIGURES=$(QOVERY_FIGURES) .venv-fuzz/bin/python -m tests.fuzz $(FUZZ_SECONDS)
	@$(RUN) docs.generate.reliability

bench: setup ## Compare the speed with the alternatives; writes benchmarks/results.json and .svg
	@cli=$$(.venv/bin/python tools/pulumi_cli/ensure.py) && PATH="$${cli:+$$cli:}$$PATH" $(RUN) benchmarks

dist: setup ## Build the sdist and the wheel into dist/, reproducibly: the same files give the same bytes
	@rm -rf dist
	$(RUN) hatchling build
	$(RUN) twine check --strict dist/*

plugin: dist ## Build the provider plugin's archives into build/plugin/; they pin the wheel of dist/ by its hash
	@$(RUN) tools.plugin

# The audit is of the installed package: the wheel and the locked versions of its dependencies.
audit: dist .venv-audit/requirements ## Check licenses, workflows and known vulnerabilities; write the SBOM into dist/
	@$(RUN) uv venv --quiet --clear --python .venv-audit/bin/python .venv-audit/runtime
	@$(RUN) uv pip install --quiet --python .venv-audit/runtime --constraint requirements/dev.txt dist/*.whl
	@sed "s/^dynamic = .*/version = \"$$($(RUN) hatchling version)\"/" pyproject.toml >.venv-audit/pyproject.toml
	.venv-audit/bin/cyclonedx-py environment --pyproject .venv-audit/pyproject.toml --mc-type library \
	    --output-reproducible --output-file dist/qovery-provider.cdx.json .venv-audit/runtime
	.venv-audit/bin/pip-licenses --python .venv/bin/python --summary
	.venv-audit/bin/pip-licenses --summary
	.venv-audit/bin/zizmor --offline --persona pedantic .github examples/ci/github/*.yml
	@.venv-audit/bin/pip-audit --strict --disable-pip --requirement requirements/dev.txt \
	    --requirement requirements/audit.txt || \
	    { echo "The audit failed: a package is vulnerable, or its vulnerabilities could not be looked up." >&2; exit 1; }

docs: setup ## Build the documentation into site/
	$(RUN) docs.generate.pages
	$(RUN) sphinx -W --keep-going -q docs site

examples: engine ## Run every example and write what it prints into its README
	$(RUN) docs.generate.readme_outputs

pictures: engine ## Draw the terminal pictures of the documentation from a real run
	$(RUN) docs.generate.terminal_pictures

clean: ## Remove everything that make created in this folder; a Pulumi CLI in the user's cache stays
	rm -rf .venv .venv-* .make build dist site .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
	    .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The files that mark a finished setup are in .venv, so that they are removed with it.

.venv/project: .venv/requirements pyproject.toml
	@echo "Installing this project into .venv"
	@.venv/bin/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/requirements: requirements/dev.txt | .venv/bin/python
	@echo "Installing the locked requirements into .venv: about a minute"
	@.venv/bin/python $(PIP) --require-hashes --requirement requirements/dev.txt
	@touch $@

.venv-%/project: .venv-%/requirements pyproject.toml
	@echo "Installing this project into .venv-$*"
	@.venv-$*/bin/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.PRECIOUS: .venv-%/requirements
.venv-%/requirements: requirements/%.txt | .venv-%/bin/python
	@echo "Installing requirements/$*.txt into .venv-$*"
	@.venv-$*/bin/python $(PIP) --require-hashes --requirement $<
	@touch $@

# pyenv shows only the versions that the user has selected.
prefer = python$(1) $(wildcard $(HOME)/.pyenv/versions/$(1).*/bin/python) $(PYTHONS)
.venv-compat-oldest/bin/python: PYTHONS := $(call prefer,3.10)
.venv-compat-newest/bin/python: PYTHONS := $(call prefer,3.13)

# atheris is built only for these.
.venv-fuzz/bin/python:
	@for python in $(call prefer,3.12) python3.14; do \
	    if $$python -c 'import sys; sys.exit(sys.platform != "linux" or not (3, 11) <= sys.version_info < (3, 15))' \
	        2>/dev/null; then break; fi; \
	    python=; \
	done; \
	if [ -z "$$python" ]; then echo "Fuzzing needs Linux and Python 3.11 to 3.14, which atheris is built for." >&2; exit 1; fi; \
	echo "Creating .venv-fuzz with $$($$python --version)"; \
	$$python -m venv .venv-fuzz

.venv/bin/python .venv-audit/bin/python .venv-mutate/bin/python .venv-compat-oldest/bin/python .venv-compat-newest/bin/python:
	@for python in $(PYTHONS); do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then break; fi; \
	    python=; \
	done; \
	if [ -z "$$python" ]; then echo "Python 3.10 or newer is needed: none of $(PYTHONS) is that." >&2; exit 1; fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$python cannot make virtual environments: install its venv module (Debian: apt install python3-venv)." >&2; \
	    exit 1; \
	fi; \
	echo "Creating $(@:/bin/python=) with $$($$python --version)"; \
	$$python -m venv $(@:/bin/python=)
