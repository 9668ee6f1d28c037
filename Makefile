PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow lint bench clean

demo: .venv/installed
	$(BIN)/isthmus compare digits --latent-dim 8 --out runs/digits --overwrite

test: lint
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-slow: .venv/tests-installed
	$(BIN)/python -m pytest -q -m slow

lint: .venv/tests-installed
	$(BIN)/ruff check src tests docs benchmarks reproductions
	$(BIN)/mypy

bench: .venv-bench/installed
	.venv-bench/bin/python -m benchmarks $(NAME)

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e ".[all]"
	touch $@

.venv/tests-installed: .venv/installed
	$(BIN)/pip install -q -c constraints.txt -e ".[all,test]"
	touch $@

.venv-bench/installed: pyproject.toml constraints.txt benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install -q -c constraints.txt -e . -r benchmarks/requirements.txt
	touch $@

clean:
	rm -rf .venv .venv-bench
