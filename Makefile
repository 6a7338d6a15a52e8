# mmsim: a deterministic simulator of kernel memory management.  "make help" lists the targets.

ifeq ($(origin CC),default)
CC      := gcc
endif
BUILD   ?= build
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

$(LIB): $(OBJ)
	@rm -f $@
	@ar rcs $@ $(OBJ)

# The one file that switches stacks: _FORTIFY_SOURCE would take its longjmp for an attack.
$(BUILD)/sim/engine/task_switch.o: FORTIFY :=
$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(FORTIFY) -MMD -MP -c -o $@ $<

.SECONDARY: $(UNIT_HELP)
$(BUILD)/tests/unit/%: tests/unit/%.c $(UNIT_HELP) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(FORTIFY) -MMD -MP $(LDFLAGS_ALL) -o $@ $< $(UNIT_HELP) $(LIB) $(LIBS) -lcmocka

$(BUILD)/tests/bench/%: tests/bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(FORTIFY) -MMD -MP $(LDFLAGS_ALL) -o $@ $< $(LIB) $(LIBS)

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
	@$(MAKE) --no-print-directory -s -j2 CFLAGS="$(CFLAGS) -Werror" all $(UNIT)
	@tests/run --build $(BUILD) all

.PHONY: test-quick
test-quick: ## the tests of less than a minute
	@$(MAKE) --no-print-directory -s -j2 CFLAGS="$(CFLAGS) -Werror" all $(UNIT)
	@tests/run --build $(BUILD) quick

.PHONY: test-asan
test-asan: ## the unit and scenario tests under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory -s BUILD=build-asan OPT=-O1 \
		CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer" \
		LDFLAGS="-fsanitize=address,undefined" all unit-programs
	@tests/run --build build-asan quick

.PHONY: unit-programs
unit-programs: $(UNIT)

.PHONY: bench
bench: all $(BENCH) ## measure against the yardsticks of docs/performance.md
	@tests/bench/run $(BUILD)

.PHONY: fuzz
fuzz: all $(UNIT) ## random operations with all checks on, SEED=n repeats one
	@tests/fuzz/run $(BUILD) $(SEED)

.PHONY: torture
torture: all ## random scenarios with all checks on: SEED=first HOW_MANY=n
	@tests/fuzz/torture $(BUILD) $(SEED) $(or $(HOW_MANY),100)

.PHONY: torture-asan
torture-asan: ## the same under the sanitizers; after make test-asan
	@LIMIT=300 tests/fuzz/torture build-asan $(SEED) $(or $(HOW_MANY),100)

.PHONY: check
check: all ## read and validate scenarios: make check S=scenarios/x.yaml
	@$(BUILD)/mmsim check $(or $(S),$(wildcard scenarios/*.yaml))

.PHONY: plot
plot: all ## run a scenario and draw it: make plot S=scenarios/x.yaml
	@$(BUILD)/mmsim run $(S) && $(BUILD)/mmsim plot results/$(basename $(notdir $(S))).db

.PHONY: lint
lint: ## layers, banned calls, format, documents up to date
	@scripts/lint/all $(BUILD)

.PHONY: format
format: ## clang-format all C sources
	@clang-format -i $(shell git ls-files '*.c' '*.h')

.PHONY: docs
docs: all ## generate docs/reference, docs/api.md and schema.sql from the tables
	@scripts/docs $(BUILD)/mmsim

.PHONY: install
install: all ## install under PREFIX (default /usr/local), DESTDIR is respected
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/mmsim/plot \
		$(DESTDIR)$(PREFIX)/share/mmsim/scenarios/machines
	install -m 755 $(BUILD)/mmsim $(DESTDIR)$(PREFIX)/bin/mmsim
	install -m 644 scripts/plot/*.gp $(DESTDIR)$(PREFIX)/share/mmsim/plot/
	install -m 644 scenarios/*.yaml $(DESTDIR)$(PREFIX)/share/mmsim/scenarios/
	install -m 644 scenarios/machines/*.yaml $(DESTDIR)$(PREFIX)/share/mmsim/scenarios/machines/

.PHONY: clean
clean: ## remove what was built
	rm -rf build build-*

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

.DEFAULT_GOAL := all
