# mmsim: a deterministic simulator of kernel memory management.  "make help" lists the targets.

ifeq ($(origin CC),default)
CC      := gcc
endif
BUILD   ?= build
# However it is written, its objects have one name: else what they depend on is forgotten.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
OPT     ?= -O2
PREFIX  ?= /usr/local
DESTDIR ?=
SEED    ?= 1

WARN    := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
	   -Wmissing-prototypes -Wvla -Wundef -Wpointer-arith -Wwrite-strings
HARDEN  := -fPIE -fstack-protector-strong
CFLAGS_ALL := -std=c11 -D_GNU_SOURCE -ffp-contract=off -fexcess-precision=standard $(OPT) -g \
	   $(WARN) $(HARDEN) -I. $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now $(LDFLAGS)
LIBS    := -lyaml -lsqlite3 -lz -lxxhash
# clang does not know this one
ifneq (,$(findstring clang,$(CC)))
CFLAGS_ALL := $(filter-out -fexcess-precision=standard,$(CFLAGS_ALL))
endif
ifeq (,$(findstring -O0,$(OPT)))
ifeq (,$(findstring sanitize,$(CFLAGS)))
FORTIFY := -D_FORTIFY_SOURCE=2
endif
endif

SRC     := $(sort $(wildcard sim/*/*.c models/*.c models/*/*.c models/*/*/*.c))
OBJ     := $(SRC:%.c=$(BUILD)/%.o)
MAIN    := $(BUILD)/sim/main.o
UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
# what they share
UNIT_HELP := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%.o,$(sort $(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c))))
BENCH   := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(sort $(wildcard tests/bench/bench_*.c)))
LIB     := $(BUILD)/libmmsim.a

.PHONY: all
all: $(BUILD)/mmsim ## build build/mmsim

$(BUILD)/mmsim: $(MAIN) $(LIB)
	$(CC) $(LDFLAGS_ALL) -o $@ $(MAIN) $(LIB) $(LIBS)

$(LIB): $(OBJ) $(BUILD)/gen/source_index.o
	@rm -f $@
	@ar rcs $@ $^

# Where names stand in the sources and which tests speak of them: mmsim explain, mmsim report.
INDEXED := $(SRC) $(sort $(wildcard models/*.def models/*/*.def models/*/*/*.def sim/*/*.h models/*/*.h \
	   models/*/*/*.h tests/*/*.yaml tests/unit/*.c tests/commands/*.sh scenarios/*.yaml scenarios/*/*.yaml))
$(BUILD)/gen/source_index.c: scripts/index $(INDEXED)
	@mkdir -p $(@D)
	@scripts/index >$@.new && mv $@.new $@

$(BUILD)/gen/source_index.o: $(BUILD)/gen/source_index.c
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

# The one file that switches stacks: _FORTIFY_SOURCE would take its longjmp for an attack.
$(BUILD)/sim/engine/task_switch.o: FORTIFY :=
$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(FORTIFY) -MMD -MP -c -o $@ $<

.SECONDARY: $(UNIT_HELP)
$(BUILD)/tests/unit/%: tests/unit/%.c $(UNIT_HELP) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(FORTIFY) -MMD -MP $(LDFLAGS_ALL) -o $@ $< $(UNIT_HELP) $(LIB) $(LIBS) -lcmocka

$(BUILD)/tests/bench/%: tests/bench/%.c $(BUILD)/tests/unit/fixture.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(FORTIFY) -MMD -MP $(LDFLAGS_ALL) -o $@ $< $(BUILD)/tests/unit/fixture.o $(LIB) $(LIBS)

# Random calls, with the tables of the program itself.
CALLS   := $(BUILD)/tests/fuzz/calls
$(CALLS): tests/fuzz/calls.c tests/fuzz/gen_util.c tests/fuzz/gen.h $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(FORTIFY) $(LDFLAGS_ALL) -o $@ tests/fuzz/calls.c tests/fuzz/gen_util.c $(LIB) $(LIBS)

-include $(OBJ:.o=.d) $(MAIN:.o=.d) $(UNIT:=.d) $(UNIT_HELP:.o=.d) $(BENCH:=.d)

.PHONY: setup
setup: ## install what building, drawing and testing need (Debian packages)
	@scripts/setup

.PHONY: demo
demo: setup ## first pictures: watermarks and dirty pages of a real machine, and a comparison
	@$(MAKE) --no-print-directory -s -j2 all
	@scripts/demo $(BUILD)/mmsim

.PHONY: test
test: ## run all tests; the last line is "N passed, N failed"
	@scripts/setup --for-tests
	@$(MAKE) --no-print-directory -s -j2 CFLAGS="$(CFLAGS) -Werror" all $(UNIT) $(CALLS)
	@tests/run --build $(BUILD) all

.PHONY: test-quick
test-quick: ## the tests of less than a minute
	@$(MAKE) --no-print-directory -s -j2 CFLAGS="$(CFLAGS) -Werror" all $(UNIT) $(CALLS)
	@tests/run --build $(BUILD) quick

.PHONY: test-asan
test-asan: ## the unit and scenario tests under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory -s -j2 BUILD=build-asan OPT=-O1 \
		CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer" \
		LDFLAGS="-fsanitize=address,undefined" all unit-programs
	@tests/run --build build-asan quick

.PHONY: unit-programs
unit-programs: $(UNIT) $(CALLS)

.PHONY: bench
bench: all $(BENCH) ## measure against the yardsticks of docs/performance.md
	@tests/bench/run $(BUILD)

.PHONY: alike
alike: all $(BENCH) ## false alarms of compare --seeds in 10000 comparisons of runs that are alike: 4 to 6 %
	@tests/bench/alike $(BUILD)

.PHONY: fire
fire: all ## kill, stop and starve runs, and break their files: MOMENTS=200
	@MOMENTS=$(or $(MOMENTS),200) tests/commands/fire.sh $(BUILD)/mmsim

.PHONY: fuzz
fuzz: all $(UNIT) ## random operations with all checks on, SEED=n repeats one
	@tests/fuzz/run $(BUILD) $(SEED)

.PHONY: torture
torture: all $(CALLS) ## random scenarios and random calls with all checks on: SEED=first HOW_MANY=n SMALL=1 (all checked after each event)
	@tests/fuzz/torture $(BUILD) $(SEED) $(or $(HOW_MANY),100)
	@tests/fuzz/keys $(BUILD)

.PHONY: torture-calls
torture-calls: all $(CALLS) ## calls with random arguments alone, out of the program's own tables: SEED=first HOW_MANY=n
	@KINDS=calls tests/fuzz/torture $(BUILD) $(SEED) $(or $(HOW_MANY),200)

.PHONY: torture-asan
torture-asan: ## the same under the sanitizers; after make test-asan
	@LIMIT=300 tests/fuzz/torture build-asan $(SEED) $(or $(HOW_MANY),100)

.PHONY: guest
guest: all ## a case on the real kernel, in QEMU, and the simulator's distance from that: CASE=folder CHANGE='device=1010 vm.swappiness=100'
	@tests/guest/run $(CASE) $(BUILD)/guest/run $(CHANGE)
	@$(BUILD)/mmsim verify $(CASE) --run $(BUILD)/guest/run || true
	@$(BUILD)/mmsim verify $(BUILD)/guest/run || true

.PHONY: guest-api
guest-api: all ## random calls of the real kernel's own functions, and whether the simulator answers as it does: KIND=vm-all SEED=7 CALLS=20000
	@tests/guest/api/run $(or $(KIND),vm-all) $(or $(SEED),1) $(or $(CALLS),5000) $(BUILD)/guest/api
	@$(BUILD)/mmsim verify $(BUILD)/guest/api

.PHONY: guest-alloc
guest-alloc: all ## random calls of the real kernel's page allocator, compared frame by frame: KIND=all SEED=7 CALLS=20000
	@tests/guest/alloc/run $(or $(KIND),all) $(or $(SEED),1) $(or $(CALLS),20000) $(BUILD)/guest/alloc
	@$(BUILD)/mmsim verify $(BUILD)/guest/alloc

.PHONY: guest-topology
guest-topology: all ## random machines for the real kernel, and whether the simulator makes the same nodes, zones and limits of them: KIND=all SEED=7
	@tests/guest/topology/run $(or $(KIND),all) $(or $(SEED),1) $(BUILD)/guest/topology
	@$(BUILD)/mmsim verify $(BUILD)/guest/topology

.PHONY: guest-readahead
guest-readahead: all ## random calls of a reader in the real kernel, and what they made readahead do there and here: KIND=all-xfs SEED=7 CALLS=1500
	@tests/guest/readahead/run $(or $(KIND),all-raw) $(or $(SEED),1) $(or $(CALLS),1500) $(BUILD)/guest/readahead
	@$(BUILD)/mmsim verify $(BUILD)/guest/readahead

.PHONY: guest-hugetlb
guest-hugetlb: all ## random calls for huge pages in the real kernel, and whether the simulator answers as it did: SEED=7 CALLS=1200
	@tests/guest/hugetlb/run $(or $(SEED),1) $(or $(CALLS),1200) $(BUILD)/guest/hugetlb
	@$(BUILD)/mmsim run $(BUILD)/guest/hugetlb/scenario.yaml --check=event

.PHONY: natural-spread
natural-spread: all ## how far the real kernel is from itself, and the simulator from its runs: docs/natural_spread.md, an hour
	@MMSIM=$(BUILD)/mmsim tests/guest/natural >$(BUILD)/natural.md && mv $(BUILD)/natural.md docs/natural_spread.md

.PHONY: stand-ins
stand-ins: all ## workloads that were never captured, on the real kernel and here: docs/stand_ins.md, an hour
	@MMSIM=$(BUILD)/mmsim RUNS=$(BUILD)/guest/stand-ins tests/guest/stand-ins >$(BUILD)/stand-ins.md && mv $(BUILD)/stand-ins.md docs/stand_ins.md

.PHONY: check
check: all ## read and validate scenarios: make check S=scenarios/x.yaml
	@$(BUILD)/mmsim check $(or $(S),$(wildcard scenarios/*.yaml scenarios/tutorial/*.yaml))

.PHONY: plot
plot: all ## run a scenario and draw it: make plot S=scenarios/x.yaml
	@$(BUILD)/mmsim run $(S) && $(BUILD)/mmsim plot results/$(basename $(notdir $(S))).db

.PHONY: schema-check
schema-check: all ## 10,000 changed scenarios: mmsim and ajv agree which are right (SEED=n repeats)
	@scripts/setup --for-tests
	@tests/schema/run $(BUILD)/mmsim 10000 $(SEED)

.PHONY: lint
lint: ## layers, banned calls, format, documents up to date
	@scripts/lint/all $(BUILD)

.PHONY: format
format: ## clang-format all C sources
	@clang-format -i $(shell git ls-files '*.c' '*.h')

.PHONY: docs
docs: all ## generate docs/reference, docs/api.md and schema.sql from the tables
	@scripts/docs $(BUILD)/mmsim

.PHONY: pictures
pictures: all ## captures of a real kernel and their simulation over each other, and the tutorial: docs/pictures
	@scripts/pictures $(BUILD)/mmsim

# The manual page and the completion of shells, from the tables of the program.
MANUAL  := $(BUILD)/manual/mmsim.1 $(BUILD)/manual/mmsim-collect-machine.1 $(BUILD)/manual/mmsim.bash $(BUILD)/manual/_mmsim
$(BUILD)/manual/mmsim.1: WHAT := man
$(BUILD)/manual/mmsim-collect-machine.1: WHAT := collect-machine
$(BUILD)/manual/mmsim.bash: WHAT := bash
$(BUILD)/manual/_mmsim: WHAT := zsh
$(MANUAL): $(BUILD)/mmsim scripts/manual scripts/collect-machine CHANGELOG.md
	@mkdir -p $(@D)
	@scripts/manual $(BUILD)/mmsim $(WHAT) >$@.new && mv $@.new $@

.PHONY: manual
manual: $(MANUAL) ## the manual page, and completion for bash and zsh, in the build folder

SHARE   := $(DESTDIR)$(PREFIX)/share
.PHONY: install
install: all manual ## install under PREFIX (default /usr/local), DESTDIR is respected
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(SHARE)/mmsim/plot $(SHARE)/mmsim/docs/reference \
		$(SHARE)/mmsim/scenarios/machines $(SHARE)/mmsim/scenarios/tutorial \
		$(SHARE)/bash-completion/completions $(SHARE)/zsh/vendor-completions
	install -m 755 $(BUILD)/mmsim $(DESTDIR)$(PREFIX)/bin/mmsim
	install -m 755 scripts/collect-machine $(DESTDIR)$(PREFIX)/bin/mmsim-collect-machine
	install -m 644 $(BUILD)/manual/mmsim.1 $(BUILD)/manual/mmsim-collect-machine.1 $(SHARE)/man/man1/
	install -m 644 $(BUILD)/manual/mmsim.bash $(SHARE)/bash-completion/completions/mmsim
	install -m 644 $(BUILD)/manual/_mmsim $(SHARE)/zsh/vendor-completions/_mmsim
	install -m 644 scripts/plot/*.gp $(SHARE)/mmsim/plot/
	install -m 644 docs/reference/scenario-*.schema.json $(SHARE)/mmsim/docs/reference/
	install -m 644 scenarios/*.yaml $(SHARE)/mmsim/scenarios/
	install -m 644 scenarios/machines/*.yaml $(SHARE)/mmsim/scenarios/machines/
	install -m 644 scenarios/tutorial/*.yaml $(SHARE)/mmsim/scenarios/tutorial/

.PHONY: uninstall
uninstall: ## remove what make install put under PREFIX
	rm -f $(DESTDIR)$(PREFIX)/bin/mmsim $(DESTDIR)$(PREFIX)/bin/mmsim-collect-machine \
		$(SHARE)/man/man1/mmsim.1 $(SHARE)/man/man1/mmsim-collect-machine.1 \
		$(SHARE)/bash-completion/completions/mmsim $(SHARE)/zsh/vendor-completions/_mmsim
	rm -rf $(SHARE)/mmsim

.PHONY: deb
deb: all manual ## a Debian package in the build folder
	@scripts/packaging/deb $(BUILD)

.PHONY: clean
clean: ## remove what was built
	rm -rf build build-*

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

.DEFAULT_GOAL := all
