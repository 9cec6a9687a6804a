# The commands of this repository; `make help` lists them. Each one first gets what it needs (Scripts/setup).
SWIFT_BUILD := swift build -c release --static-swift-stdlib
STRIPCHART := .build/release/stripchart
DEMO_RECORDING := .build-demo/demo.pftrace

.DEFAULT_GOAL := help
# Swift's package manager holds a lock a build folder, so two at a time only wait for each other.
.NOTPARALLEL:
.PHONY: help setup build build-embedded build-bench python examples docs sanitize demo test test-cpython truth bench check lint layers foundation clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: setup-build setup-python setup-test ## Get what building and testing need (says what before it installs)

setup-%:
	@Scripts/setup $*

build: setup-build ## Build the release command: .build/release/stripchart
	$(SWIFT_BUILD) --product stripchart
	$(SWIFT_BUILD) --product strip-span-fixture
	$(SWIFT_BUILD) --product strip-swift-fixture

# The core as Embedded Swift: one static library without the Swift runtime.
build-embedded: setup-build
	STRIPCHART_EMBEDDED=1 swift build -c release --product StripSpanCore --scratch-path .build-embedded

build-bench: setup-bench build build-embedded python
	$(SWIFT_BUILD) --product strip-bench
	.build-bench/python/bin/python -m pip install --quiet --force-reinstall --no-deps .build-python/dist/stripchart-*.whl

# One wheel for CPython 3.9 and later, in a folder of its own; `pip install .` does the same from anywhere.
python: setup-python ## Build the Python package: .build-python/dist/stripchart-*.whl
	@rm -rf .build-python/dist .build-python/build
	.build-python/builder/bin/python -m pip wheel --quiet --no-build-isolation --no-deps --wheel-dir .build-python/dist .

demo: build python ## Record Examples/demo.py and print the report: functions, blocks and lines
	@rm -rf .build-demo && mkdir -p .build-demo
	@.build-python/builder/bin/python -m pip install --quiet --force-reinstall --no-deps .build-python/dist/stripchart-*.whl
	$(STRIPCHART) run -o $(DEMO_RECORDING) -- .build-python/builder/bin/python Examples/demo.py
	@echo
	@echo "The recording is $(DEMO_RECORDING): open it in ui.perfetto.dev, or type"
	@echo "  $(STRIPCHART) report $(DEMO_RECORDING)"

# A tool, a server, and a program for the tests that link the library, each a package of its own.
examples: setup-build ## Build the Swift examples: Examples/Swift
	swift build --package-path Examples/Swift/CommandLine --scratch-path .build-examples/CommandLine
	swift build --package-path Examples/Swift/Server --scratch-path .build-examples/Server
	swift build --package-path Tests/BridgesUse --scratch-path .build-examples/BridgesUse

docs: setup-build ## Build the documentation of the Swift library: .build-docs/Stripchart.doccarchive
	Scripts/build-docs

sanitize: build ## Run the Swift test program under the thread and the address sanitizer
	Scripts/sanitize

# The Swift tests are built with the macros, in debug: swift-syntax in release takes a quarter of an hour.
test: setup-test build build-embedded python examples docs ## Run all tests: Swift, macros, Embedded build, command line, Perfetto engine, Python
	swift test --traits Command,Macros --scratch-path .build-macros
	.build-venv/bin/python -m pytest Tests/EndToEnd
	Scripts/test-python

# VERSIONS="3.12": only these. MODULES="test_code": only these.
test-cpython: setup-test build python ## Run CPython's own tests, alone and recorded; they must say the same
	Scripts/test-cpython $(VERSIONS) $(if $(MODULES),-- $(MODULES))

# STRIPCHART=path: another command than the release build. WORDS="stress pool": only workloads with these words in their names.
truth: setup-test build ## Record workloads beside independent witnesses and write Docs/truth.md
	.build-venv/bin/python Tests/Truth/run.py $(if $(WORDS),$(WORDS),--write Docs/truth.md)

bench: build-bench ## Measure against C, psutil and other recorders (ROWS="sample span" for some, BENCH_ROUNDS=3 for less)
	.build-bench/venv/bin/python Benchmarks/run.py $(ROWS)

check: lint layers foundation ## Check style, the order of the layers, and that the core stays free of Foundation

lint: setup-check
	@Scripts/lint

layers: setup-check
	@Scripts/check-layers

foundation: setup-check build
	@Scripts/check-foundation

clean: ## Remove everything that was built, downloaded or recorded here
	rm -rf .build .build-*
