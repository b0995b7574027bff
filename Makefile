# Nexus: one gateway in front of your language-model servers.
#
#   make run      install what is missing, build, start a demonstration and chat with it
#   make test     build and run every test
#   make help     the rest

PREFIX  ?= /usr/local
DESTDIR ?=
SWIFT   ?= swift

OUT     := $(CURDIR)/out
DRIVERS := ollama vllm llamacpp lmstudio exo openai
RELEASE := $(SWIFT) build -c release --disable-local-rpath
FORMAT  := Package.swift Sources Plugins Tests
DOCS    := README.md CHANGELOG.md CONTRIBUTING.md LICENSE docs
ABI     := Sources/NexusPluginABI/include/nexus/driver.h

export NEXUS_OUT := $(OUT)

.NOTPARALLEL:
.PHONY: help deps build run test browser check lint format e2e bench bench-reload bench-swap bench-takeover bench-placement bench-prewarm bench-scrape bench-dashboards chaos chaos-lifecycle size install deb deb-test clean
.PHONY: test-asan test-tsan

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

deps: ## install the system libraries that a build needs (Debian, Ubuntu)
	@scripts/deps build

build: deps ## build everything and stage a runnable tree in out/
	$(RELEASE)
	@scripts/stage "$$($(RELEASE) --show-bin-path)" "$(OUT)" $(DRIVERS)

run: ## build, start a simulated fleet with the gateway in front, chat, stay up until Ctrl-C
	@scripts/deps run
	@$(MAKE) --no-print-directory build
	@scripts/run "$(OUT)"

# Conversations are told by learned times, which mean nothing beside three hundred other tests.
test: build check lint ## every test: format, linkage, units, drivers, wire cases, browser
	@scripts/deps test
	$(SWIFT) test --skip WireTests --skip BrowserTests
	$(SWIFT) test --skip-build --filter WireTests --skip ConversationTests
	$(SWIFT) test --skip-build --filter ConversationTests
	$(SWIFT) test --skip-build --filter BrowserTests

browser: build ## the page in a headless Chromium; screenshots go to out/screens/
	@scripts/deps test
	$(SWIFT) test --filter BrowserTests

check: ## drivers need libc and libm alone, the host needs no Swift runtime
	@scripts/check-linkage "$(OUT)" "$$($(RELEASE) --show-bin-path)"

lint: ## check the format of all Swift sources
	@$(SWIFT) format lint --strict --parallel --recursive $(FORMAT)

format: ## format all Swift sources in place
	@$(SWIFT) format --in-place --parallel --recursive $(FORMAT)

e2e: build ## talk to a real llama.cpp server with a real model through the gateway
	@scripts/deps e2e
	@Tests/E2E/run "$(OUT)"

bench: build ## compare with nginx on this machine
	@scripts/deps bench
	@Tests/Bench/bench

bench-reload: build ## 50,000 requests while the configuration changes all the time; none may fail
	@Tests/Bench/reload

bench-swap: build ## a driver replaced 1,000 times under load; no request may fail
	@NEXUS_SWAPS=1000 $(SWIFT) test --filter DriverSwapTests

bench-takeover: build ## 50,000 requests while gateways take the port over from each other; none may fail
	@Tests/Bench/takeover

bench-scrape: build ## how long /metrics takes with 100 backends of 1,000 models, and what counting costs
	@Tests/Bench/scrape --assert

bench-dashboards: build ## what 200 open dashboards cost the requests that are served meanwhile
	@Tests/Bench/dashboards --assert

bench-placement: ## where requests should go: the strategies and an oracle in virtual time
	@scripts/deps build
	@$(RELEASE) --product placement-bench >&2
	@"$$($(RELEASE) --show-bin-path)/placement-bench" --check

bench-prewarm: ## four weeks of a household in virtual time, without and with models loaded ahead
	@scripts/deps build
	@$(RELEASE) --product prewarm-bench >&2
	@"$$($(RELEASE) --show-bin-path)/prewarm-bench" --check

# Leaks are looked for elsewhere: Foundation and XCTest keep some memory of their own at the end.
# The wire cases play against the host with the sanitizer in it and the drivers as they ship.
ASAN_TEST = ASAN_OPTIONS=detect_leaks=0 NEXUS_SANITIZE=1 \
	$(SWIFT) test --sanitize=address --scratch-path .build-asan
test-asan: build ## every test under the address sanitizer
	$(ASAN_TEST) --skip WireTests --skip BrowserTests
	@install -d "$(OUT)/asan/bin" "$(OUT)/asan/lib/nexus"
	@install .build-asan/debug/nexus .build-asan/debug/nexus-sim "$(OUT)/asan/bin/"
	@install -m 644 $(DRIVERS:%="$(OUT)/lib/nexus/%.so") "$(OUT)/asan/lib/nexus/"
	NEXUS_OUT="$(OUT)/asan" $(ASAN_TEST) --skip-build --filter WireCaseTests

test-tsan: build ## unit and driver tests under the thread sanitizer
	NEXUS_SANITIZE=1 $(SWIFT) test --sanitize=thread --scratch-path .build-tsan \
		--skip WireTests --skip BrowserTests

chaos: build ## 100,000 requests while backends die, stall, reset and lie; every answer is checked
	@Tests/Bench/chaos
	@Tests/Bench/chaos --stubborn

chaos-lifecycle: build ## load, unload and move models while servers fail at it; jobs and answers are checked
	@Tests/Bench/chaos-lifecycle

size: ## lines per file, per function, share of comments, against our goals
	@scripts/size

install: ## copy the staged tree to $(DESTDIR)$(PREFIX); run `make build` first
	@test -x "$(OUT)/bin/nexus" || { echo "make install: run 'make build' first" >&2; exit 1; }
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/nexus"
	install -m 755 "$(OUT)/bin/nexus" "$(DESTDIR)$(PREFIX)/bin/"
	install -m 644 $(DRIVERS:%="$(OUT)/lib/nexus/%.so") "$(DESTDIR)$(PREFIX)/lib/nexus/"
	install -d "$(DESTDIR)$(PREFIX)/include/nexus" "$(DESTDIR)$(PREFIX)/lib/pkgconfig"
	install -m 644 $(ABI) "$(DESTDIR)$(PREFIX)/include/nexus/"
	scripts/pkg-config "$(PREFIX)" $(ABI) > "$(DESTDIR)$(PREFIX)/lib/pkgconfig/nexus-driver.pc"
	install -d "$(DESTDIR)$(PREFIX)/share/doc/nexus"
	cp -R "$(OUT)/share/." "$(DESTDIR)$(PREFIX)/share/"
	cp -R $(wildcard $(DOCS)) "$(DESTDIR)$(PREFIX)/share/doc/nexus/"

deb: build ## build the Debian packages in out/deb
	@scripts/deps deb
	@packaging/deb "$(OUT)" $(DRIVERS)

deb-test: deb ## install, run, upgrade under load and purge the packages on a machine of their own
	@version=$$("$(OUT)/bin/nexus" --version | sed 's/^[^0-9]*//; s/ .*//'); \
	  VERSION="$$version+next" packaging/deb "$(OUT)" $(DRIVERS) >/dev/null && \
	  lintian --allow-root --fail-on error,warning "$(OUT)/deb/$$version"/*.deb
	@Tests/Packaging/run "$(OUT)"

clean: ## remove everything that was built
	rm -rf .build .build-asan .build-tsan out
