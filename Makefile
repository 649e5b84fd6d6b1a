# The targets are described in README.md. The work is done by the scripts in scripts/.
.PHONY: help run test check bench clean
.DEFAULT_GOAL := help

help:
	@echo "make run     build Perijove and serve it for you on http://127.0.0.1:8000 (PORT=8010 for another port)"
	@echo "make test    install what the tests need and run all of them"
	@echo "make check   format, lints, layers, generated files, unit tests"
	@echo "make bench   measure Perijove beside JupyterHub and configurable-http-proxy"
	@echo "make clean   remove what was built; .perijove/ with your database stays"

run:
	@PORT='$(PORT)' exec scripts/run.sh

test:
	@exec scripts/test.sh

check:
	@exec scripts/check.sh

bench:
	@exec scripts/bench.sh $(BENCH)

clean:
	cargo clean
