# make is the front door. Each target makes what it needs: a virtual environment in .venv, with the exact versions in
# requirements/, each checked by its hash. Needed beforehand: make and Python 3.11 or newer.
#
#   make demo PYTHON=/opt/python3.12/bin/python3      names the Python to use
#   make test ARGS="tests/cli -k help"                hands arguments on

PYTHON ?=
ARGS ?=
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
PYTHONS := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python
DEMO := demo/.errata
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --upgrade

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo serve test check lint format bench docs pictures lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## the whole path on real data, from predictions to a guarded fix
	@$(BIN)/errata demo $(ARGS)

serve: $(VENV)/.demo ## the pages, on the demo's catalog
	@test -e $(DEMO) || $(BIN)/errata demo
	@$(BIN)/errata serve --catalog $(DEMO) $(ARGS)

test: $(VENV)/.dev ## every test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: $(VENV)/.dev ## the fast tests: no slow ones, no browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not slow and not browser" $(ARGS)

lint: $(VENV)/.dev ## style, types and layers
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## write the code as `make lint` wants it
	$(BIN)/python -m ruff check --fix
	$(BIN)/python -m ruff format

bench: $(VENV)/.dev ## speed, memory, calibration and power, beside others in the same run
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.dev ## write each command's --help into its page, and check the pages
	$(BIN)/python docs/write.py
	$(BIN)/python -m pytest tests/docs $(ARGS)

pictures: $(VENV)/.dev ## the README's pictures, from the demo, with Chromium
	$(BIN)/python docs/pictures.py

lock: $(VENV)/.dev ## choose the newest versions anew and write requirements/
	$(BIN)/$(LOCK) --extra demo --group build pyproject.toml -o requirements/demo.txt
	$(BIN)/$(LOCK) --extra demo --group dev -c requirements/demo.txt pyproject.toml -o requirements/dev.txt

clean: ## remove all that these targets made
	rm -rf $(VENV) demo benchmarks/.venv-peers* benchmarks/data benchmarks/results
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'Errata needs Python 3.11 or newer, and none of these is one: $(strip $(PYTHONS)).' >&2; \
	  echo 'Install one (Debian: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3' >&2; \
	  exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found cannot make virtual environments. Debian: apt install python3-venv" >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$found --version) ..." && $$found -m venv --clear $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.made requirements/demo.txt pyproject.toml
	@echo 'Installing what Errata needs (about 1 GB) ...'
	@$(PIP) --require-hashes -r requirements/demo.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.demo requirements/dev.txt
	@echo 'Installing what its tests need ...'
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@
