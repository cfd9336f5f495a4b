# The commands of this project. `make run` and `make test` install what is missing.
# For people: README.md and CONTRIBUTING.md.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# One optimised build serves `make run`, `make test` and `make bench`.
CARGO := cargo
PROFILE := --release --locked
SALOTTO := target/release/salotto
# Playwright drives Debian's Chromium and must not fetch its own.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

# What `make run` starts; every other setting has its default (docs/operations.md).
DATA := data
# Nobody's balancer must notice that it stops: Ctrl-C ends it within a second.
RUN_SETTINGS := SALOTTO_DEMO__ENABLED=true SALOTTO_STORE__URL=sqlite:$(DATA)/salotto.db \
	SALOTTO_DRAIN__ENDPOINT_DELAY_MS=0 SALOTTO_DRAIN__WINDOW_MS=500
# cargo-deny's checks; `make audit CHECKS="bans licenses sources"` needs no network.
CHECKS := advisories bans licenses sources

STAMPS := .tools/stamps
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' \
	-not -path '*/tests/*' 2>/dev/null)
# A build that somebody deleted is built again, whatever its stamp says.
WEB_GONE := $(if $(wildcard web/dist/*),,missing-web)
MODULES_GONE := $(if $(wildcard web/node_modules/*),,missing-modules)

.PHONY: help run cluster test soak bench loadtest audit fmt web build tools-build tools-test clean \
	missing-web missing-modules

help: ## Lists these commands.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## Starts one node on SQLite with a demo site; prints where it is and how to sign in.
	@mkdir -p $(DATA)
	@exec env $(RUN_SETTINGS) $(SALOTTO) serve

cluster: build ## Three nodes with PostgreSQL and Redis behind HAProxy, to look at and to hurt.
	@scripts/need postgres redis-server haproxy
	@scripts/cluster

test: tools-test build ## Runs every test.
	@scripts/test

soak: build ## Faults without end on clusters of three nodes: MINUTES=30 SEED=1 make soak.
	@scripts/need postgres redis-server redis-cli
	@target/release/soak

bench: build ## Runs the benchmarks, each beside its floor.
	@scripts/need postgres redis-server
	@target/release/bench
	@$(CARGO) bench --locked --workspace --features salotto/benchmarks --bench router

loadtest: build ## 2,000 visitors and 40 agents for a minute, with a delivery audit.
	@scripts/loadtest

audit: ## Checks licences, sources, duplicates and known advisories of all crates.
	@scripts/need cargo-deny
	@PATH="$(CURDIR)/.tools/bin:$$PATH" $(CARGO) deny check $(CHECKS)

fmt: ## Formats the Rust code.
	$(CARGO) fmt --all

clean: ## Removes what was built; keeps the demo's data.
	rm -rf target web/dist web/node_modules .tools

web: tools-build $(STAMPS)/web-built

# The web build comes first: the node embeds it.
build: tools-build $(STAMPS)/web-built
	@$(CARGO) build $(PROFILE) --workspace --bins

tools-build:
	@scripts/need cargo cc npm

tools-test:
	@scripts/need cargo-fmt cargo-clippy chromium postgres redis-server redis-cli helm \
		kubernetes-validate prometheus faketime aiosmtpd openssl

$(STAMPS)/web-modules: web/package-lock.json $(MODULES_GONE)
	cd web && npm ci --no-audit --no-fund
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/web-built: $(STAMPS)/web-modules $(WEB_SOURCES) $(WEB_GONE)
	cd web && npm run build
	@mkdir -p $(STAMPS) && touch $@
