# `make book` builds the HTML book, `make test` runs every test; both set everything up in .venv first.
# A book is written, previewed and checked without TensorFlow and without a browser of its own; a chapter whose
# code needs TensorFlow says so when it is executed.
# The machine needs Python 3.11, 3.12 or 3.13 and make.

# The first Python that really starts and is one of ours (a pyenv shim may be there and refuse).
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)
RUN = .venv/bin/python
PYTEST_WORKERS ?= 2

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

book: book-environment  ## set up, build the HTML book and say where it is
	@$(RUN) -m course_lib.workshop.cli book

teach: teach-environment  ## set up what instructors need: no browser, no book tools, no TensorFlow
	@echo "The command is $$(command -v course || echo .venv/bin/course). Next: course collect --help"

test: test-environment  ## set up, then run all tests (a browser included)
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@.venv/bin/lint-imports --no-logo --no-cache
	@$(RUN) -m pytest -n $(PYTEST_WORKERS) --dist loadscope

check: book-environment  ## an author's answer: everything that is wrong, with file and line; nothing is executed
	@$(RUN) -m course_lib.workshop.cli doctor

serve: book  ## build the book and read it on this machine
	@$(RUN) -m course_lib.workshop.cli serve

preview: book-environment  ## write with a live preview
	@$(RUN) -m course_lib.workshop.cli preview

notebooks: book-environment  ## execute the chapters that changed and write their notebooks
	@$(RUN) -m course_lib.workshop.cli notebooks

# One cell of the version matrix. KIND: colab, lowest or newest; ON: a Python that is on this machine.
KIND ?= colab
ON ?= 3.13
matrix: test-environment  ## prove every notebook alone in other versions: KIND=colab|lowest|newest ON=3.13
	@$(RUN) -m tests.matrix $(KIND) $(ON)

colab: test-environment  ## run every notebook in real Colab and compare (needs a Google account; see tests/matrix/real_colab.py)
	@$(RUN) -m tests.matrix.real_colab

places: test-environment  ## from the first cell to the first verdict, place by place, as a table
	@$(RUN) -m tests.matrix.first_verdict

current-sphinx: test-environment  ## build the book on current Sphinx, without Jupyter Book, and open it in the browser
	@$(RUN) -m tests.matrix.current_sphinx

benchmarks: test-environment  ## measure beside real peers and print ratios
	@for script in tests/benchmarks/bench_*.py; do echo "== $$script"; $(RUN) $$script || exit 1; done

lock: test-environment  ## pin requirements.txt anew from pyproject.toml (UPGRADE=--upgrade for the newest)
	@$(RUN) .ci/lock.py $(UPGRADE)

clean:  ## remove what was built and the private environment
	rm -rf .venv _build

book-environment test-environment teach-environment: %-environment:
	@command -v "$(PYTHON)" > /dev/null || { echo "No Python 3.11, 3.12 or 3.13 was found. Install one (https://www.python.org/downloads/) or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) .ci/set_up.py $*

.PHONY: help book test teach check serve preview notebooks matrix colab places current-sphinx benchmarks lock clean book-environment test-environment
