# Every target sets up what is missing first; the second time that takes no time.
# Make prints nothing of its own, so that what you see is the tool's.
.SILENT:
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench format

help: ## this list
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## toolchain and environment only
	scripts/setup

demo: setup ## the whole product in a local sandbox: no account, nothing to configure
	scripts/demo

test: setup ## the whole suite; ARGS="tests/unit -k price" runs a part of it
	.venv/bin/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder $(ARGS)

check: setup ## format, lint, types, dead links, rules of the tree
	scripts/check

bench: setup ## benchmarks, each printing a table
	.venv/bin/python -m bench $(ARGS)

format: setup ## lets ruff rewrite the files
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix-only .
