# `make serve` and `make test` are all a reader needs; each sets up what is missing first.
PYTHON ?= python3
BIN := .venv/bin
REFERENCES := .venv-references/bin/python
export PYTHONUNBUFFERED := 1
export NO_MKDOCS_2_WARNING := 1
# Some images forbid Python to keep what it compiles; each process here would compile all sources anew.
unexport PYTHONDONTWRITEBYTECODE
# Two processes, a file each at a time: a page's blocks stay together and in order. The tests come
# before the pages, and free the models that they share. When a process is killed the run ends:
# pytest-xdist would start another, which may wait for ever (its issue 1323).
TWO := -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart=0 --memory-limit 8

.PHONY: help setup serve site page new test scripts test-site lint lock references slow bench lighthouse clean

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' Makefile | column -t -s '|'

setup:
	@$(PYTHON) scripts/setup.py

serve: setup  ## run the pages that have changed, build strictly, serve on 127.0.0.1:8000
	$(BIN)/python -m pytest docs/ --changed $(TWO)
	$(BIN)/mkdocs serve --strict -a 127.0.0.1:8000

site: setup  ## run the pages that have changed and build the site into site/
	$(BIN)/python -m pytest docs/ --changed $(TWO)
	$(BIN)/mkdocs build --strict

page: setup  ## one page while you write it, by PAGE=22 or its path: its tests, served and reloaded
	@$(BIN)/python -m whiteboard.site.preview "$(PAGE)"

new: setup  ## begin the page of a question, PAGE=22: all its files, each saying what to write
	@$(BIN)/python -m whiteboard.site.new_page "$(PAGE)" --noun "$(NOUN)"

test: lint  ## every test, the pages among them
	$(BIN)/python -m pytest tests/ docs/ $(TWO)

scripts: setup  ## what readers take along, run where only the documented install is
	$(BIN)/python -m pytest tests/installed -m "installed and not slow" -n 2

test-site: setup  ## build the site and test it in a real browser
	$(BIN)/mkdocs build --strict
	$(BIN)/python -m pytest tests/browser -m browser -n 2

lint: setup  ## style, types, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/jactionlint --shellcheck= .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

lock: setup  ## refresh the locks
	scripts/lock.sh

references:  ## recompute the heavy oracles' values; fails if a stored one has moved
	@$(PYTHON) scripts/setup.py --references
	set -e; for script in tests/references/[a-z]*.py; do echo "== $$script"; $(REFERENCES) $$script --check; done

bench:  ## the recorded benchmarks, beside their peers (an idle machine, please)
	@$(PYTHON) scripts/setup.py --references
	set -e; for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(REFERENCES) $$script; done

slow: setup  ## recorded jobs that take longer than a page may
	$(BIN)/python -m pytest tests/ -m slow

lighthouse: setup  ## score the built site (needs node and chromium)
	benchmarks/lighthouse.sh

clean:  ## remove what was built; the environments stay
	rm -rf site build .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
