# demo, test, check, site and docs set up .venv from nothing; every other step runs inside it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SITE := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs
# One process a core, one thread each: tests with many small tensors gain nothing from threads. A file's tests
# stay together, so that what they share is made once; tests/conftest.py decides which files come first. Compiled
# files are kept whatever the surroundings say: else every process of the tests compiles them again.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

LOWEST := .venv-lowest
USED := export,flow,heif,hub,lab,pandas,remote,sweep,track
TOOLS := tests/exploring/page_tools

.PHONY: demo test lowest check page site docs format clean
.DELETE_ON_ERROR:

demo: $(VENV)/core.stamp
	$(BIN)/striate demo

test: $(VENV)/dev.stamp
	$(PYTEST)

# The tests beside the least versions that pyproject.toml says are enough; fetches gigabytes where torch comes with CUDA.
# What old packages deprecate of each other is theirs; the old test client wants httpx.
lowest:
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv httpx -e '.[dev,docs,export,track]'
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --upgrade -e '.[$(USED)]'
	$(subst $(BIN),$(LOWEST)/bin,$(PYTEST)) -W ignore::DeprecationWarning --ignore tests/docs

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(SITE) build
	$(MAKE) page
	$(PYTEST)

# The lab's page: its types, and what the tests look at it with. Needs node, and the first time a package registry.
page:
	@if command -v npm > /dev/null && { [ -d $(TOOLS)/node_modules ] || npm --prefix $(TOOLS) ci --silent --no-audit --no-fund; }; \
	then $(TOOLS)/node_modules/.bin/tsc -p $(TOOLS); \
	else echo "the lab's page is not checked for types and accessibility: there is no node here, or no package registry"; fi

# Builds the documentation into build/site; a broken link, a page that no other leads to, a docstring that
# names what is not there are errors.
site: $(VENV)/dev.stamp
	$(SITE) build

# The same, shown in a browser, and built again with every change of a page.
docs: $(VENV)/dev.stamp
	$(SITE) serve --open

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(LOWEST) build dist out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "striate needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/core.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs,export,track]'
	touch $@ $(VENV)/core.stamp
