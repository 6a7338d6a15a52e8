/*
 * toy_run.h - programs of the toy personality, compiled and run on four CPUs
 */
#ifndef MMSIM_TESTS_TOY_RUN_H
#define MMSIM_TESTS_TOY_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/scenario/scenario.h"
#include "sim/workload/workload.h"
#include "tests/unit/toy.h"

static struct diag d;
static struct scenario *sc;
static struct workload *w;
static struct sim *s;
static struct tables tables;

static inline void forget(void)
{
	if (s) {
		sim_free_run(s);
		tables_free(&tables);
	}
	workload_free(w);
	scenario_free(sc);
	diag_free(&d);
	s = NULL;
	w = NULL;
	sc = NULL;
}

static inline int teardown(void **state)
{
	(void)state;
	forget();
	return 0;
}

static inline void compile(const char *text)
{
	char path[] = "/tmp/mmsim-test-XXXXXX";
	char *whole = str_format("mmsim: 1\nduration: 10 s\nmachine: { disks: [sda] }\n"
				 "files: [{ name: data }, { name: log }, { name: ghost }]\n%s",
				 text);
	int fd = mkstemp(path);

	forget();
	assert_true(fd >= 0);
	assert_int_equal(write(fd, whole, strlen(whole)), strlen(whole));
	close(fd);
	sc = scenario_load(&d, path, toy_personalities, NULL, 0);
	unlink(path);
	sim_free(whole);
	assert_non_null(sc);
	w = workload_compile(&d, sc);
}

static struct workload_hooks hooks;

static inline void prepare(const char *text)
{
	static const int nodes[] = { 0, 0, 1, 1 };

	compile(text);
	if (diag_failed(&d))
		diag_print(&d, stderr);
	assert_non_null(w);
	memset(&the_toy, 0, sizeof(the_toy));
	tables_init(&tables, &toy_personality);
	s = sim_new(42);
	s->tables = &tables;
	s->scenario = sc;
	s->quantum = 10 * NS_PER_US;
	s->end_with_tasks = true;
	cpus_init(s, 4, nodes);
	tunable_defaults(&toy_vm_class, &the_toy);
	workload_set_hooks(w, &hooks);
	workload_start(w, s);
}

static inline void run(const char *text)
{
	prepare(text);
	sim_run(s, 10 * NS_PER_SEC);
}

static inline void assert_no_failure(void)
{
	assert_string_equal(workload_report(w), "");
	assert_int_equal(workload_failures(w), 0);
}

/* Error number i of a program that is wrong; lines count from the first of the text. */
static inline void assert_error(size_t i, int line, int column, const char *text)
{
	assert_true(i < d.nr_errors);
	assert_string_equal(d.errors[i].text, text);
	assert_int_equal(d.errors[i].at.line, line + 4);
	assert_int_equal(d.errors[i].at.column, column);
}

static inline bool failed_with(const char *text)
{
	return strstr(workload_report(w), text) != NULL;
}
#endif
