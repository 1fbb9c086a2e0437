# Everything a person or a CI machine does with a clone. Only relative paths, so that a folder with spaces works.
# State is kept in .venv/stamps: a second run of any target does only what has changed.

PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-input
STAMPS := .venv/stamps
RUST_SOURCES := $(shell find crates -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock .cargo/config.toml
FUZZ_SECONDS ?= 8
SESSION_ARGS ?=

# One interpreter for maturin, clippy and cargo test: PyO3 is not rebuilt between them.
export PYO3_PYTHON := $(CURDIR)/.venv/bin/python
export VIRTUAL_ENV := $(CURDIR)/.venv
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help tools build demo test test-rust test-python lint bench docs fuzz wheel clean

help:
	@echo 'make demo    build, trade on a bundled recording over real sockets, write a report'
	@echo 'make test    the whole test suite: lint, Rust, Python, documentation, a short fuzz run'
	@echo 'make lint    ruff, mypy --strict, stub check, rustfmt, clippy'
	@echo 'make bench   the benchmarks beside their peers; writes docs/reference/benchmarks.md'
	@echo 'make docs    regenerates the reference pages from the program and checks all pages'
	@echo 'make fuzz    FUZZ_SECONDS=60 make fuzz: so long per decoder'
	@echo 'make wheel   one abi3 wheel in dist/'
	@echo 'make clean   removes everything that was built or installed here'

tools:
	@sh scripts/check_tools.sh

$(STAMPS)/venv:
	@sh scripts/check_tools.sh
	@sh scripts/make_venv.sh
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/venv
	@echo 'installing the pinned Python packages'
	@$(PIP) -r requirements/dev.txt
	@touch $@

$(STAMPS)/bench: requirements/bench.txt $(STAMPS)/dev
	@$(PIP) -r requirements/bench.txt
	@touch $@

$(STAMPS)/build: $(RUST_SOURCES) pyproject.toml $(STAMPS)/dev
	@sh scripts/check_tools.sh
	@echo 'building the Rust core (some minutes the first time)'
	@$(PY) -m maturin develop --release >.venv/build.log 2>&1 || { tail -n 60 .venv/build.log >&2; exit 1; }
	@touch $@

build: $(STAMPS)/build

demo: build
	@$(PY) -m nanotick demo $(SESSION_ARGS)

lint: build
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict
	$(PY) -m mypy.stubtest nanotick._core --ignore-disjoint-bases --ignore-unused-allowlist \
		--allowlist scripts/stubtest_allowlist.txt
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

test-rust: $(STAMPS)/dev
	cargo test --workspace --quiet

test-python: build
	$(PY) -m pytest

test: lint test-rust test-python
	@FUZZ_SECONDS=$(FUZZ_SECONDS) sh scripts/fuzz.sh

bench: build $(STAMPS)/bench
	$(PY) -m nanotick bench all --peers --write-docs docs/reference/benchmarks.md

docs: build
	$(PY) scripts/write_reference.py
	$(PY) scripts/write_formulas.py
	$(PY) -m pytest tests/docs

fuzz: tools
	@FUZZ_SECONDS=$(FUZZ_SECONDS) sh scripts/fuzz.sh

wheel: $(STAMPS)/dev
	$(PY) -m maturin build --release --out dist

clean:
	rm -rf .venv target dist fuzz/target .mypy_cache .ruff_cache .pytest_cache .hypothesis python/nanotick/_core*.so
	find python tests scripts -name __pycache__ -type d -exec rm -rf {} +
