/*
 * test_scenario.c - sim/scenario: what a scenario may say, and what it is expected to show
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/scenario/expect.h"
#include "sim/scenario/fraction.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml.h"
#include "tests/unit/toy.h"

/* ---- reading from a folder of its own ---- */

static char folder[] = "/tmp/mmsim-test-XXXXXX";
static struct diag d;
static struct scenario *sc;

static int begin(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void forget(void)
{
	scenario_free(sc);
	sc = NULL;
	diag_free(&d);
}

static void load_set(const char *text, const struct setting *sets, int n)
{
	forget();
	put("s.yaml", text);
	sc = scenario_load(&d, path_of("s.yaml"), toy_personalities, sets, n);
	unlink(path_of("s.yaml"));
}

static void load(const char *text)
{
	load_set(text, NULL, 0);
}

static void assert_good(void)
{
	if (diag_failed(&d))
		diag_print(&d, stderr);
	assert_false(diag_failed(&d));
	assert_non_null(sc);
}

/* Error number i, from 0. */
static void assert_error(size_t i, int line, int column, const char *text)
{
	assert_true(i < d.nr_errors);
	assert_string_equal(d.errors[i].text, text);
	assert_int_equal(d.errors[i].at.line, line);
	assert_int_equal(d.errors[i].at.column, column);
}

static int teardown(void **state)
{
	(void)state;
	forget();
	return 0;
}

static int64_t tunable(size_t i, const char *name, int k)
{
	size_t n;
	const struct scenario_tunable *t = scenario_tunables(sc, &n);

	assert_true(i < n);
	assert_string_equal(t[i].value.ref.row->name, name);
	return t[i].value.v[k];
}

/* ---- general keys ---- */

static void a_scenario_has_defaults(void **state)
{
	(void)state;
	load("mmsim: 1\n");
	assert_good();
	assert_string_equal(sc->name, "s");
	assert_string_equal(sc->question, "");
	assert_ptr_equal(sc->personality, &toy_personality);
	assert_int_equal(sc->seed, 1);
	assert_true(sc->duration == FOREVER);
	assert_int_equal(sc->quantum, 10 * NS_PER_US);
	assert_int_equal(sc->interval, 100 * NS_PER_MS);
	assert_null(sc->expect);
	assert_null(sc->tasks);

	const struct toy_machine *machine = scenario_section(sc, "machine");

	assert_int_equal(machine->cpus, 2);
	assert_null(scenario_section(sc, "nothing"));
}

static void general_keys_are_read(void **state)
{
	(void)state;
	load("# Is it\n#   so?\n#\n# More.\nmmsim: 1\npersonality: toy\nseed: 42\nduration: 2 s\n"
	     "quantum: 0\nrecord: { interval: 20 ms, trace: [page_*, oom_kill] }\n"
	     "machine: { cpus: 4, disks: [sda, { name: sdb, size: 1 GiB }] }\n"
	     "files: [{ name: log, disk: sdb }]\ntasks: []\n");
	assert_good();
	assert_string_equal(sc->question, "Is it so?");
	assert_int_equal(sc->seed, 42);
	assert_int_equal(sc->duration, 2 * NS_PER_SEC);
	assert_int_equal(sc->quantum, 0);
	assert_int_equal(sc->nr_trace, 2);
	assert_string_equal(sc->trace[1], "oom_kill");

	size_t n;
	const char *const *disks = scenario_names(sc, "disk", &n);

	assert_int_equal(n, 2);
	assert_string_equal(disks[0], "sda");
	assert_string_equal(disks[1], "sdb");
	assert_string_equal(scenario_names(sc, "file", &n)[0], "log");
	scenario_names(sc, "page", &n);
	assert_int_equal(n, 0);
}

static void wrong_keys_are_told_all_at_once(void **state)
{
	(void)state;
	load("mmsim: 2\nduraton: 1 s\nseed: -1\nquantum: fast\nrecord: { intervall: 1 s }\n"
	     "wholly: wrong\n");
	assert_int_equal(d.nr_errors, 6);
	assert_error(0, 2, 1, "no key \"duraton\" in a scenario; did you mean \"duration\"?");
	assert_error(
	    1, 6, 1,
	    "no key \"wholly\" in a scenario; accepted: mmsim, personality, seed, duration, "
	    "quantum, large, record, compare, expect, tasks, interrupts, sysctl, machine, files, "
	    "toy, queue, linux, freebsd");
	assert_error(2, 1, 8, "mmsim: no word \"2\"; accepted: 1");
	assert_error(3, 3, 7, "seed: -1 is out of range; accepted: at least 0");
	assert_error(5, 5, 11, "no key \"intervall\" in a record; did you mean \"interval\"?");
}

static void the_version_is_required(void **state)
{
	(void)state;
	load("seed: 1\n");
	assert_int_equal(d.nr_errors, 1);
	assert_error(0, 1, 1, "key \"mmsim\" is missing in a scenario; accepted: 1");
}

static void an_unknown_personality_ends_reading(void **state)
{
	(void)state;
	load("mmsim: 1\npersonality: toi\n");
	assert_null(sc);
	assert_error(0, 2, 14, "no personality \"toi\"; did you mean \"toy\"?");
}

static void too_many_samples_are_refused(void **state)
{
	(void)state;
	load("mmsim: 1\nduration: 100 s\nrecord: { interval: 1 us }\n");
	assert_error(0, 3, 21,
		     "record.interval: 100000000 samples in the run; accepted: at most "
		     "10000000");
	load("mmsim: 1\nduration: 100 s\nrecord: { interval: 0 }\n");
	assert_good();
	assert_int_equal(sc->interval, 0);
}

static void trace_patterns_must_match(void **state)
{
	(void)state;
	load("mmsim: 1\nrecord: { trace: [page_wak, \"page_*\"] }\n");
	assert_int_equal(d.nr_errors, 1);
	assert_error(0, 2, 19, "trace: no tracepoint \"page_wak\"; did you mean \"page_wake\"?");
	load("mmsim: 1\nrecord: { trace: oom_kill }\n");
	assert_good();
	assert_int_equal(sc->nr_trace, 1);
}

static void sections_are_tested_once_all_are_whole(void **state)
{
	(void)state;
	load("mmsim: 1\nmachine: { disks: [sda] }\nfiles: [{ name: f, disk: sdb }]\n");
	assert_int_equal(d.nr_errors, 1);
	assert_error(0, 3, 26, "no disk \"sdb\"");
	load("mmsim: 1\nmachine: { cpus: 0, disks: [sda] }\nfiles: [{ name: f, disk: sdb }]\n");
	assert_int_equal(d.nr_errors, 1);
	assert_error(0, 2, 18, "cpus: 0 is out of range; accepted: 1..64");
}

static void settings_of_other_kernels_are_not_looked_at(void **state)
{
	(void)state;
	load("mmsim: 1\nfreebsd: { anything: [1, 2] }\nlinux: {}\n");
	assert_good();
	load("mmsim: 1\nfreebsd: 7\n");
	assert_error(0, 2, 10,
		     "freebsd: found a value; accepted: a mapping (settings of that kernel)");
}

/* ---- tunables ---- */

static void tunables_come_in_two_forms(void **state)
{
	(void)state;
	load("mmsim: 1\nmachine: { disks: [sda] }\n"
	     "sysctl: { vm.ratio: 30, vm.pair: [1, 2], queue.sda.depth: 3 }\n");
	assert_good();
	assert_int_equal(tunable(0, "ratio", 0), 30);
	assert_int_equal(tunable(1, "pair", 1), 2);
	assert_int_equal(tunable(2, "depth", 0), 3);
	load("mmsim: 1\nmachine: { disks: [sda, sdb] }\n"
	     "queue: { sda: { depth: 3 }, queue.sdb.depth: 4 }\nsysctl: { vm.pair: 3 4 }\n");
	assert_good();
	assert_int_equal(tunable(0, "pair", 0), 3);
	assert_int_equal(tunable(1, "depth", 0), 3);
	assert_int_equal(tunable(2, "depth", 0), 4);
}

static void wrong_tunables_are_told(void **state)
{
	(void)state;
	load("mmsim: 1\nmachine: { disks: [sda] }\nsysctl:\n  vm.ratio: 101\n  vm.ratoi: 1\n"
	     "  bytes: 1\n  vm.bytes: many\n  vm.pair: 1 2 3\n  vm.bites: []\n  queue.depth: 1\n"
	     "  queue.sdb.depth: 1\nqueue: { sdc: { depth: 1 }, sda: 3 }\n");
	assert_int_equal(d.nr_errors, 10);
	assert_error(0, 4, 13, "vm.ratio: 101 is out of range; accepted: 0..100 percent");
	assert_error(1, 5, 3, "no tunable \"vm.ratoi\"; did you mean \"vm.ratio\"?");
	assert_error(2, 6, 3, "no tunable \"bytes\"; did you mean \"vm.bytes\"?");
	assert_error(4, 8, 12,
		     "vm.pair: more than 2 numbers; accepted: 0..1000, at most 2 numbers");
	assert_error(5, 9, 3, "no tunable \"vm.bites\"; did you mean \"vm.bytes\"?");
	assert_error(6, 10, 3, "no tunable \"queue.depth\"; accepted: queue.<disk>.<name>");
	assert_error(7, 11, 3, "queue: no disk \"sdb\"; did you mean \"sda\"?");
	assert_error(8, 12, 10, "queue: no disk \"sdc\"; did you mean \"sda\"?");
	assert_error(9, 12, 34, "sda: found a value; accepted: a mapping (queue)");
}

static void a_tunable_is_set_once(void **state)
{
	(void)state;
	load("mmsim: 1\nmachine: { disks: [sda] }\nsysctl:\n  queue.sda.depth: 1\n"
	     "queue: { sda: { depth: 2 } }\n");
	assert_int_equal(d.nr_errors, 1);
	assert_error(0, 5, 17, "queue.sda.depth is already set in line 4");
}

static void tunables_below_the_kernel_count_more(void **state)
{
	(void)state;
	load("mmsim: 1\nsysctl: { vm.ratio: 1, vm.bytes: 7 }\n"
	     "toy: { speed: 9, sysctl: { vm.ratio: 2 } }\n");
	assert_good();
	assert_int_equal(tunable(0, "bytes", 0), 7);
	assert_int_equal(tunable(1, "ratio", 0), 2);
	assert_int_equal(((const struct toy_conf *)scenario_section(sc, "toy"))->speed, 9);
}

/* ---- including ---- */

static void an_included_machine_is_taken_apart(void **state)
{
	const struct toy_machine *machine;

	(void)state;
	put("m.yaml", "machine: { cpus: 3, disks: [sda] }\ntoy: { speed: 1 }\n"
		      "sysctl: { vm.ratio: 5, vm.bytes: 6 }\n");
	load("mmsim: 1\nmachine: !include m.yaml\nsysctl: { vm.ratio: 7 }\n");
	assert_good();
	machine = scenario_section(sc, "machine");
	assert_int_equal(machine->cpus, 3);
	assert_int_equal(((const struct toy_conf *)scenario_section(sc, "toy"))->speed, 1);
	assert_int_equal(tunable(0, "bytes", 0), 6);
	assert_int_equal(tunable(1, "ratio", 0), 7);

	load("mmsim: 1\nmachine: { <<: !include m.yaml, disks: [nvme] }\ntoy: { speed: 2 }\n");
	assert_good();
	machine = scenario_section(sc, "machine");
	assert_int_equal(machine->cpus, 3);
	assert_string_equal(((struct toy_disk *)machine->disks.items)[0].name, "nvme");
	assert_int_equal(((const struct toy_conf *)scenario_section(sc, "toy"))->speed, 2);

	load("<<: !include m.yaml\nmmsim: 1\n");
	assert_good();
	machine = scenario_section(sc, "machine");
	assert_int_equal(machine->cpus, 3);
	unlink(path_of("m.yaml"));
}

static void an_error_in_an_included_file_is_shown_there(void **state)
{
	(void)state;
	put("m.yaml", "machine: { cpus: 3 }\nspeed: 1\n");
	load("mmsim: 1\nmachine: !include m.yaml\n");
	assert_int_equal(d.nr_errors, 1);
	assert_int_equal(d.errors[0].at.line, 2);
	assert_string_equal(strrchr(d.errors[0].at.file->name, '/'), "/m.yaml");
	unlink(path_of("m.yaml"));
	load("mmsim: 1\nmachine: !include m.yaml\n");
	assert_null(sc);
	assert_int_equal(d.errors[0].at.line, 2);
}

static void the_hash_knows_what_was_read_and_set(void **state)
{
	const struct setting set = { "seed", "7" };
	uint64_t hash;

	(void)state;
	load("mmsim: 1\n");
	hash = sc->hash;
	assert_true(hash == 0xc5857cf22fc4e781ULL); /* as xxhsum -H1 says of the file */
	load("mmsim: 1\n");
	assert_true(sc->hash == hash);
	load("mmsim: 1 \n");
	assert_true(sc->hash != hash);
	load_set("mmsim: 1\n", &set, 1);
	assert_true(sc->hash != hash);
}

/* ---- --set ---- */

static void set_changes_values_by_their_path(void **state)
{
	const struct setting sets[] = {
		{ "duration", "10s" },
		{ "machine.disks.1.size", "4 KiB" },
		{ "machine.disks.sda.size", "8 KiB" },
		{ "files.log.1.size", "1" },
		{ "record.interval", "1 s" },
		{ "tasks.w.do.0.read.bytes", "5" },
		{ "toy.speed", "3" },
		{ "machine.cpus", "7" },
	};

	(void)state;
	load_set("mmsim: 1\nmachine: { disks: [{ name: sda }, { name: sdb }] }\n"
		 "files: [{ name: log, size: 9 }, { name: log.1 }]\n"
		 "tasks: [{ name: w, do: [{ read: { file: log } }] }]\n",
		 sets, ARRAY_LEN(sets));
	assert_good();

	const struct toy_machine *machine = scenario_section(sc, "machine");
	const struct toy_disk *disks = machine->disks.items;
	const struct key_list *files = scenario_section(sc, "files");
	const struct yaml_node *step = yaml_get(sc->tasks->items[0], "do")->items[0];

	assert_int_equal(sc->duration, 10 * NS_PER_SEC);
	assert_int_equal(sc->interval, NS_PER_SEC);
	assert_int_equal(machine->cpus, 7);
	assert_int_equal(disks[0].size, 8192);
	assert_int_equal(disks[1].size, 4096);
	assert_int_equal(((struct toy_file *)files->items)[0].size, 9);
	assert_int_equal(((struct toy_file *)files->items)[1].size, 1);
	assert_string_equal(yaml_get(yaml_get(step, "read"), "bytes")->text, "5");
	assert_string_equal(yaml_get(yaml_get(step, "read"), "file")->text, "log");
	assert_int_equal(((const struct toy_conf *)scenario_section(sc, "toy"))->speed, 3);
}

static void a_tunable_that_is_set_comes_last(void **state)
{
	const struct setting sets[] = { { "vm.ratio", "9" }, { "sysctl.vm.pair", "1 2" } };

	(void)state;
	load_set("mmsim: 1\nsysctl: { vm.ratio: 1, vm.bytes: 2 }\n", sets, 2);
	assert_good();
	assert_int_equal(tunable(0, "bytes", 0), 2);
	assert_int_equal(tunable(1, "ratio", 0), 9);
	assert_int_equal(tunable(2, "pair", 1), 2);
}

static void set_takes_lists(void **state)
{
	const struct setting set = { "machine.disks", "[a, {name: b}]" };
	size_t n;

	(void)state;
	load_set("mmsim: 1\n", &set, 1);
	assert_good();
	scenario_names(sc, "disk", &n);
	assert_int_equal(n, 2);
}

static void errors_of_set_point_to_the_command_line(void **state)
{
	const struct setting sets[] = {
		{ "duraton", "1 s" },       { "vm.ratio", "101" },    { "vm.ratoi", "1" },
		{ "machine.disks.5", "x" }, { "seed.x", "1" },        { "machine.disks.sd", "x" },
		{ "duration", "1\x1b[2J" }, { "machine..cpus", "1" }, { "duration", "soon" },
	};

	(void)state;
	load_set("mmsim: 1\nseed: 4\nmachine: { disks: [{ name: sda }] }\n", sets, ARRAY_LEN(sets));
	assert_int_equal(d.nr_errors, 9);
	assert_error(0, 1, 2, "control character U+001B; accepted: text in UTF-8");
	assert_error(1, 0, 0, "no item \"5\" in the list; accepted: 0..0 or a name (sda)");
	assert_string_equal(d.errors[1].at.file->name, "--set machine.disks.5=x");
	assert_error(2, 0, 0, "there is no \"x\" in \"4\": it is a value");
	assert_error(3, 0, 0, "no item \"sd\" in the list; accepted: 0..0 or a name (sda)");
	assert_error(4, 0, 0, "a key is missing; accepted: words joined with \".\"");
	assert_error(5, 0, 0, "no key \"duraton\" in a scenario; did you mean \"duration\"?");
	assert_string_equal(d.errors[7].at.file->name, "--set vm.ratio=101");
	assert_error(7, 0, 0, "vm.ratio: 101 is out of range; accepted: 0..100 percent");
	assert_error(8, 0, 0, "no tunable \"vm.ratoi\"; did you mean \"vm.ratio\"?");
}

/* ---- compare ---- */

static void values_to_compare_are_tested(void **state)
{
	(void)state;
	load("mmsim: 1\nmachine: { disks: [{ name: sda }] }\ncompare:\n  vm.ratio: [5, 10]\n"
	     "  vm.pair: [[1, 2], 3 4]\n  machine.disks.sda.size: [1 KiB, 2 KiB]\n"
	     "  queue.sda.depth: [1]\n");
	assert_good();
	assert_int_equal(sc->nr_compare, 4);
	assert_string_equal(sc->compare[0].key, "vm.ratio");
	assert_int_equal(sc->compare[0].n, 2);
	assert_string_equal(sc->compare[1].values[0], "1 2");
	assert_string_equal(sc->compare[2].values[1], "2 KiB");

	load("mmsim: 1\nmachine: { disks: [{ name: sda }] }\ncompare:\n  vm.ratio: [5, 101]\n"
	     "  vm.ratoi: [1]\n  vm.bytes: []\n  duration: 4 s\n");
	assert_int_equal(d.nr_errors, 4);
	assert_error(0, 4, 17, "vm.ratio: 101 is out of range; accepted: 0..100 percent");
	assert_error(3, 7, 13, "duration: found a value; accepted: a list of 1..256 values");

	load("mmsim: 1\nmachine: { disks: [{ name: sda }] }\ncompare:\n"
	     "  machine.cpus: [1, 99]\n  machine.disks.sdb.size: [1]\n  duraton: [1 s]\n");
	assert_int_equal(d.nr_errors, 3);
	assert_error(0, 4, 21, "cpus: 99 is out of range; accepted: 1..64");
	assert_error(1, 5, 3,
		     "machine.disks.sdb.size: no item \"sdb\" in the list; accepted: "
		     "0..0 or a name (sda)");
}

/* ---- arithmetic of expectations ---- */

static void fractions_are_exact(void **state)
{
	struct fraction third = fraction_div(fraction_of(1), fraction_of(3));
	struct fraction big = fraction_mul(fraction_of(INT64_MAX), fraction_of(INT64_MAX));
	struct str text = { 0 };

	(void)state;
	assert_int_equal(
	    fraction_compare(fraction_add(third, fraction_add(third, third)), fraction_of(1)), 0);
	assert_true(fraction_compare(third, (struct fraction){ 333333, 1000000 }) > 0);
	assert_true(fraction_compare((struct fraction){ -1, 3 }, (struct fraction){ -1, 2 }) > 0);
	assert_int_equal(fraction_compare(fraction_of(-2), (struct fraction){ -4, 2 }), 0);
	/* numbers whose cross products need far more than 128 bits */
	assert_true(fraction_compare((struct fraction){ big.num, big.num - 1 },
				     (struct fraction){ big.num + 1, big.num }) > 0);
	assert_false(fraction_defined(fraction_div(fraction_of(1), fraction_of(0))));
	assert_false(fraction_defined(fraction_mul(big, fraction_of(100))));
	fraction_print(&text, (struct fraction){ -7, 3 }, UNIT_PAGES);
	assert_string_equal(text.s, "-2.333 pages");
	str_reset(&text);
	fraction_print(&text, big, UNIT_COUNT);
	assert_string_equal(text.s, "85070591730234615847396907784232501249");
	str_free(&text);
}

/* ---- expectations ---- */

static struct tables tables;
static struct sim *sim;
static struct expectations *ex;
static struct str report;

static void expect(const char *list)
{
	char *text = str_format("mmsim: 1\nexpect:\n%s", list);

	memset(&the_toy, 0, sizeof(the_toy));
	load(text);
	sim_free(text);
}

static void start(const char *list)
{
	expect(list);
	assert_good();
	tables_init(&tables, &toy_personality);
	sim = sim_new(1);
	sim->tables = &tables;
	ex = sc->expect;
	expect_start(ex, sim);
}

static void sample(sim_time ms, int64_t dirty, int64_t limit)
{
	sim->now = ms * NS_PER_MS;
	the_toy.nr_dirty = dirty;
	the_toy.nr_limit = limit;
	expect_sample(ex, sim);
}

/* Ends and compares the report; how many failed. */
static int finish(const char *expected)
{
	int failed = expect_finish(ex, sim, &report);

	assert_string_equal(str_get(&report), expected);
	str_free(&report);
	sim_free_run(sim);
	tables_free(&tables);
	return failed;
}

static void always_holds_at_every_sample(void **state)
{
	(void)state;
	start("  - always(nr_dirty <= nr_limit)\n  - always(nr_dirty < 100)\n");
	sample(0, 10, 20);
	sample(100, 25, 20);
	sample(200, 29, 20);
	sample(300, 20, 20);
	assert_int_equal(
	    finish("FAIL: always(nr_dirty <= nr_limit): 25 pages against 20 pages, off "
		   "by 5 pages at 100 ms, the first of 2 of 4 samples; at worst 29 "
		   "pages against 20 pages, off by 9 pages at 200 ms\n"
		   "pass: always(nr_dirty < 100)\n"),
	    1);
}

static void ever_and_never_look_at_all_samples(void **state)
{
	(void)state;
	start("  - ever(nr_dirty > 28)\n  - ever(nr_dirty > 30)\n  - never(nr_dirty == 25)\n"
	      "  - never: nr_dirty > 100\n");
	sample(0, 10, 0);
	sample(100, 25, 0);
	sample(200, 29, 0);
	assert_int_equal(finish("pass: ever(nr_dirty > 28)\n"
				"FAIL: ever(nr_dirty > 30): at none of 3 samples; nearest 29 pages "
				"against 30 pages, off by 1 pages at 200 ms\n"
				"FAIL: never(nr_dirty == 25): 25 pages against 25 pages at 100 ms, "
				"the first of 1 of 3 samples\n"
				"pass: never: nr_dirty > 100\n"),
			 2);
}

static void aggregates_are_taken_over_the_run(void **state)
{
	(void)state;
	start("  - max(nr_dirty) == 29\n  - min(nr_dirty) == 10\n  - end(nr_dirty) == 20\n"
	      "  - mean(nr_dirty) == 84 / 4\n  - p99(nr_dirty) == 29\n"
	      "  - max(nr_dirty) - min(nr_dirty) == 19\n  - max(nr_dirty - nr_limit) == 9\n"
	      "  - max(nr_dirty) < 25\n  - mean(nr_dirty / nr_limit) > 1\n");
	sample(0, 10, 20);
	sample(100, 25, 20);
	sample(200, 29, 20);
	sample(300, 20, 20);
	assert_int_equal(
	    finish("pass: max(nr_dirty) == 29\npass: min(nr_dirty) == 10\n"
		   "pass: end(nr_dirty) == 20\npass: mean(nr_dirty) == 84 / 4\n"
		   "pass: p99(nr_dirty) == 29\n"
		   "pass: max(nr_dirty) - min(nr_dirty) == 19\n"
		   "pass: max(nr_dirty - nr_limit) == 9\n"
		   "FAIL: max(nr_dirty) < 25: 29 pages (at 200 ms) against 25 pages, off "
		   "by 4 pages; not met since 100 ms\n"
		   "pass: mean(nr_dirty / nr_limit) > 1\n"),
	    1);
}

static void numbers_have_the_unit_of_their_neighbours(void **state)
{
	(void)state;
	start("  - end(nr_dirty) == 64 KiB\n  - end(nr_dirty) == 16 pages\n"
	      "  - end(zone.low) == 64 KiB\n  - end(zone[0 Normal].low) == 48\n"
	      "  - end(nr_dirty) == 20 % * end(nr_limit)\n"
	      "  - end(nr_dirty / nr_limit) == 20 %\n  - end(nr_dirty) * 2 == 2 * 32 KiB + 64 KiB\n"
	      "  - end(nr_dirty) / 64 KiB == 1\n  - 0.5 * end(nr_dirty) == 8\n"
	      "  - -end(nr_dirty) < -(15)\n  - end(nr_dirty * (nr_limit - 78)) == 32\n");
	the_toy.zones[0].low = 16;
	the_toy.zones[1].low = 48;
	sample(0, 16, 80);
	assert_int_equal(
	    finish("pass: end(nr_dirty) == 64 KiB\npass: end(nr_dirty) == 16 pages\n"
		   "pass: end(zone.low) == 64 KiB\npass: end(zone[0 Normal].low) == 48\n"
		   "pass: end(nr_dirty) == 20 % * end(nr_limit)\n"
		   "pass: end(nr_dirty / nr_limit) == 20 %\n"
		   "pass: end(nr_dirty) * 2 == 2 * 32 KiB + 64 KiB\n"
		   "pass: end(nr_dirty) / 64 KiB == 1\npass: 0.5 * end(nr_dirty) == 8\n"
		   "pass: -end(nr_dirty) < -(15)\n"
		   "pass: end(nr_dirty * (nr_limit - 78)) == 32\n"),
	    0);
}

static void what_is_undefined_is_passed_over(void **state)
{
	(void)state;
	start("  - always(nr_dirty / nr_limit < 2)\n  - always(zone[7 DMA].free > 0)\n"
	      "  - max(nr_dirty / nr_limit) == 1\n  - end(zone[7 DMA].free) == 0\n"
	      "  - min(1 / (nr_limit - nr_limit)) > 0\n  - 1 / min(nr_limit) > 0\n"
	      "  - max(nr_dirty) / max(nr_limit) * end(1 / (nr_dirty - nr_dirty)) < 1\n");
	sample(0, 10, 0);
	sample(100, 10, 10);
	assert_int_equal(finish("pass: always(nr_dirty / nr_limit < 2)\n"
				"FAIL: always(zone[7 DMA].free > 0): undefined at every sample\n"
				"pass: max(nr_dirty / nr_limit) == 1\n"
				"FAIL: end(zone[7 DMA].free) == 0: undefined: "
				"an object that was never there\n"
				"FAIL: min(1 / (nr_limit - nr_limit)) > 0: undefined: "
				"a divisor that was 0 at every sample\n"
				"FAIL: 1 / min(nr_limit) > 0: undefined: a division by zero\n"
				"FAIL: max(nr_dirty) / max(nr_limit) * "
				"end(1 / (nr_dirty - nr_dirty)) < 1: undefined: "
				"a divisor that was 0 at every sample\n"),
			 5);
}

static void tracepoints_are_counted(void **state)
{
	const int64_t v[1] = { 0 };

	(void)state;
	start("  - never: oom_kill\n  - at_least 3: page_wake\n  - at_most 2: page_*\n"
	      "  - exactly 2: page_wake\n  - ever: page_wake\n  - \"at_least 1: page_sleep\"\n");
	sample(0, 0, 0);
	for (int i = 0; i < 2; i++) {
		assert_true(tables.trace.on[0] & TRACE_COUNT);
		trace_emit(sim, 0, v);
	}
	trace_emit(sim, 1, v);
	sample(100, 0, 0);
	assert_int_equal(
	    finish("pass: never: oom_kill\n"
		   "FAIL: at_least 3: page_wake: 2 times, 1 too few\n"
		   "FAIL: at_most 2: page_*: 3 times, 1 too many; the first too many by "
		   "100 ms\n"
		   "pass: exactly 2: page_wake\npass: ever: page_wake\n"
		   "pass: at_least 1: page_sleep\n"),
	    2);
}

static void wrong_expectations_are_told(void **state)
{
	(void)state;
	expect("  - always(nr_dirt < 5)\n"           /* line 3 */
	       "  - nr_dirty < 5\n"                  /* 4 */
	       "  - max(nr_dirty)\n"                 /* 5 */
	       "  - always(max(nr_dirty) < 5)\n"     /* 6 */
	       "  - never: oom_kil\n"                /* 7 */
	       "  - at_least x: oom_kill\n"          /* 8 */
	       "  - max(nr_dirty) < 5 fortnights\n"  /* 9 */
	       "  - max(zone[0].free) < 5\n"         /* 10 */
	       "  - max(zoen[0 DMA].free) < 5\n"     /* 11 */
	       "  - max(nr_dirty) < max(zone.low)\n" /* 12 */
	       "  - max(kills) < 5 MiB\n"            /* 13 */
	       "  - mx(nr_dirty) < 5\n"              /* 14 */
	       "  - max(nr_dirty) < 5 < 6\n"         /* 15 */
	       "  - always(nr_dirty < 5\n"           /* 16 */
	       "  - [1, 2]\n"                        /* 17 */
	       "  - sometimes: oom_kill\n"           /* 18 */
	       "  - max(nr_dirty) < (5\n"            /* 19 */
	       "  - \"max(nr_dirty) < 5 %\"\n");     /* 20 */
	assert_int_equal(d.nr_errors, 18);
	assert_error(0, 3, 12, "no metric \"nr_dirt\"; did you mean \"nr_dirty\"?");
	assert_error(1, 4, 5,
		     "\"nr_dirty\": a series; accepted: end(), max(), min(), mean() or "
		     "p99() of it, or the comparison inside always(), ever() or never()");
	assert_error(2, 5, 18,
		     "the comparison is missing; accepted: one of < <= == != >= >, and a sum");
	assert_error(3, 6, 12,
		     "\"max\": cannot stand here; accepted: metrics, numbers, + - * / "
		     "and ()");
	assert_error(4, 7, 12, "no tracepoint \"oom_kil\"; did you mean \"oom_kill\"?");
	assert_error(5, 8, 5, "\"at_least x\": not a number; accepted: at_least and a number");
	assert_error(6, 9, 21,
		     "\"5 fortnights\": unknown unit of size; accepted: pages, or a size "
		     "as 64 KiB");
	assert_error(7, 10, 14, "\"0\": does not name one zone; accepted: zone[node zone].name");
	assert_error(8, 11, 9, "no kind of objects \"zoen\"; did you mean \"zone\"?");
	assert_error(9, 12, 5,
		     "pages and KiB cannot be added or compared; accepted: series of one "
		     "unit");
	assert_error(10, 13, 18,
		     "\"5 MiB\": a plain number takes no unit; accepted: a whole "
		     "number");
	assert_error(11, 14, 5, "no function \"mx\"; did you mean \"max\"?");
	assert_error(12, 15, 23,
		     "\"< 6\": more than one comparison, or an operator is missing; accepted: "
		     "nothing more here");
	assert_error(13, 16, 5,
		     "\"always(nr_dirty < 5\" has no \")\"; accepted: always(...) with "
		     "one comparison between the parentheses");
	assert_error(15, 18, 5,
		     "no word \"sometimes\" in expect; accepted: always, ever, never, "
		     "at_least, at_most, exactly");
	assert_error(16, 19, 23, "\")\" is missing; accepted: as many as \"(\"");
	assert_error(17, 20, 22,
		     "\"5 %\": unknown unit of size; accepted: pages, or a size as 64 KiB");
}

static void an_assertion_says_what_it_saw(void **state)
{
	struct yaml_node node = { .kind = YAML_KIND_SCALAR,
				  .plain = true,
				  .text = "nr_dirty + 1 < 2 * nr_limit" };
	struct expectation *e;
	struct arena arena = { 0 };
	struct str why = { 0 };

	(void)state;
	node.len = strlen(node.text);
	memset(&the_toy, 0, sizeof(the_toy));
	tables_init(&tables, &toy_personality);
	e = expect_parse_assert(&d, &tables, &arena, &node, NULL);
	assert_non_null(e);
	sim = sim_new(1);
	sim->tables = &tables;
	the_toy.nr_dirty = 8;
	the_toy.nr_limit = 5;
	assert_true(expect_holds(e, sim, NULL, &why));
	the_toy.nr_limit = 4;
	assert_false(expect_holds(e, sim, NULL, &why));
	assert_string_equal(why.s, "nr_dirty + 1 < 2 * nr_limit: 9 pages against 8 pages, off by 1 "
				   "pages");
	str_free(&why);
	arena_free(&arena);
	sim_free_run(sim);
	tables_free(&tables);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
	const struct CMUnitTest tests[] = {
		T(a_scenario_has_defaults),
		T(general_keys_are_read),
		T(wrong_keys_are_told_all_at_once),
		T(the_version_is_required),
		T(an_unknown_personality_ends_reading),
		T(too_many_samples_are_refused),
		T(trace_patterns_must_match),
		T(sections_are_tested_once_all_are_whole),
		T(settings_of_other_kernels_are_not_looked_at),
		T(tunables_come_in_two_forms),
		T(wrong_tunables_are_told),
		T(a_tunable_is_set_once),
		T(tunables_below_the_kernel_count_more),
		T(an_included_machine_is_taken_apart),
		T(an_error_in_an_included_file_is_shown_there),
		T(the_hash_knows_what_was_read_and_set),
		T(set_changes_values_by_their_path),
		T(a_tunable_that_is_set_comes_last),
		T(set_takes_lists),
		T(errors_of_set_point_to_the_command_line),
		T(values_to_compare_are_tested),
		T(fractions_are_exact),
		T(always_holds_at_every_sample),
		T(ever_and_never_look_at_all_samples),
		T(aggregates_are_taken_over_the_run),
		T(numbers_have_the_unit_of_their_neighbours),
		T(what_is_undefined_is_passed_over),
		T(tracepoints_are_counted),
		T(wrong_expectations_are_told),
		T(an_assertion_says_what_it_saw),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
