# make run: everything set up, the demo month loaded, the service started.   make test: everything checked.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
AUDIT  := $(VENV)/audit
NODE   := node_modules/.ready

.PHONY: run test test-postgresql lint types contracts js unit audit shots bench clean

run: $(READY)
	@$(BIN)/python deploy/browser.py
	@$(BIN)/jielu demo --if-empty
	@$(BIN)/jielu run

test: lint types contracts js unit

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

# The browser's code; Node and its packages check it and are never served, but for Leaflet (deploy/browser.py).
# The browser tests open the pages with what a user's browser loads.
js: $(NODE) $(READY)
	@$(BIN)/python deploy/browser.py
	@npm run --silent types
	@npm run --silent lint
	@npm run --silent test

unit: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=10

# What keeps something, with ledger and workbook in PostgreSQL; the longest first.
test-postgresql: $(READY)
	JIELU_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=10 \
		tests/simulation tests/ticks/test_service.py tests/ticks/test_tick.py tests/stories tests/workbook \
		tests/ledger/test_ledger.py tests/ledger/test_ledger_stores.py tests/webhook/test_grid.py \
		tests/intake/test_form_faults.py

# The pictures of README and handbook, from a demo month of its own.
shots: $(READY)
	@$(BIN)/python -m bench.shots

# How the cost of a look grows, as plots in docs/growth; about half an hour, on a machine that does nothing else.
bench: $(READY)
	@$(BIN)/python -m bench.growth

# All installed libraries against the known weaknesses; fails also where the service that knows them is not reached.
audit: $(READY)
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/python -m pip install --quiet pip-audit; }
	@$(BIN)/python -m pip freeze --exclude-editable > $(AUDIT)/installed.txt
	@$(AUDIT)/bin/pip-audit --strict --no-deps --disable-pip --requirement $(AUDIT)/installed.txt

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新的版本：make PYTHON=python3.12 run"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "正在安装要用的程序，约一分钟……"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

$(NODE): package.json .npmrc
	@node -e 'process.exit(+(parseInt(process.versions.node) < 18))' || { echo "make test 需要 Node.js 18 或更新的版本和 npm"; exit 1; }
	@npm install --loglevel=error --no-audit --no-fund
	@touch $@

clean:
	rm -rf $(VENV) node_modules
