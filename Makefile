# make demo   everything for a first look: environment, install, a generated pair aligned
# make test   everything a change has to pass: environment with all extras, checks, tests, the wheel
#
# Both work on a fresh machine and are quick when nothing changed. Variables:
#   VENV=DIR          where the environment is (default .venv)
#   PYTHON=NAME       the Python to make it from (default: python3.11, 3.12 or python3, as found)
#   TORCH_INDEX=URL   where torch comes from, https://download.pytorch.org/whl/cpu for a small
#                     CPU build on Linux (default: pip's own index)

VENV ?= .venv
TORCH_INDEX ?=

BIN := $(VENV)/bin
# One file per finished step, inside the environment, so that they go when it goes.
DONE := $(VENV)/.done
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
PACKAGING := pyproject.toml constraints.txt models/sar_models/__about__.py
TORCH_FROM := $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))

.PHONY: help demo test env env-all lint unit wheel wheel-test clean

help:
	@sed -n '/^$$/q;s/^# \{0,1\}//p' Makefile

demo: env
	$(BIN)/sar-align demo --out demo --overwrite

test: env-all lint unit wheel-test

env: $(DONE)/core

env-all: $(DONE)/all

lint: env-all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

unit: env-all
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered
	$(BIN)/coverage report --include='*/sar_models/domain/*' --fail-under=95

wheel: env-all
	$(BIN)/python -m build --outdir dist .

# The wheel in an environment of its own, away from the source: doctor and demo run from it.
wheel-test: env-all
	$(BIN)/python ci/test_wheel.py $(TORCH_FROM)

clean:
	rm -rf build dist demo htmlcov .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(DONE)/venv:
	python=$$(ci/find_python.sh) && "$$python" -m venv "$(VENV)"
	mkdir -p $(DONE) && touch $@

# torch first and alone: what needs it later must not choose another build of it.
$(DONE)/torch: $(DONE)/venv constraints.txt
	$(PIP_INSTALL) $(TORCH_FROM) torch
	touch $@

$(DONE)/core: $(DONE)/torch $(PACKAGING)
	@echo 'Installing SAR-Align and what it needs'
	$(PIP_INSTALL) -qq -e .
	touch $@

$(DONE)/all: $(DONE)/torch $(PACKAGING) ci/build_ice.py
	ci/system_packages.sh $$($(BIN)/python ci/build_ice.py --missing) \
		$$(command -v groovy >/dev/null || echo groovy) \
		$$(command -v chromium >/dev/null || echo chromium)
	@echo 'Installing SAR-Align with every extra and the test tools'
	ice=$$($(BIN)/python ci/build_ice.py) && $(PIP_INSTALL) -qq --find-links "$$ice" -e ".[all,test]"
	$(BIN)/python -m pip check
	$(BIN)/python -c "import omero.gateway"
	touch $(DONE)/core $@
