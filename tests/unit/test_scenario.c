/*
 * test_scenario.c - sim/scenario: what a scenario may say, and what it is expected to show
 */
#include <string.h>

#include "sim/base/mem.h"
#include "tests/unit/scenario_folder.h"

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
	assert_error(2, 1, 8, "mmsim: no value \"2\"; accepted: 1");
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
	};

	return cmocka_run_group_tests(tests, begin, end);
}
