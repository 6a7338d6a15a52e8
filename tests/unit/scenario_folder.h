/*
 * scenario_folder.h - scenarios of the toy personality, read from a folder of their own
 */
#ifndef MMSIM_TESTS_SCENARIO_FOLDER_H
#define MMSIM_TESTS_SCENARIO_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/scenario/scenario.h"
#include "tests/unit/toy.h"

static char folder[] = "/tmp/mmsim-test-XXXXXX";
static struct diag d;
static struct scenario *sc;

static inline int begin(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static inline int end(void **state)
{
	(void)state;
	return rmdir(folder);
}

static inline const char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static inline void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static inline void forget(void)
{
	scenario_free(sc);
	sc = NULL;
	diag_free(&d);
}

static inline void load_set(const char *text, const struct setting *sets, int n)
{
	forget();
	put("s.yaml", text);
	sc = scenario_load(&d, path_of("s.yaml"), toy_personalities, sets, n);
	unlink(path_of("s.yaml"));
}

static inline void load(const char *text)
{
	load_set(text, NULL, 0);
}

static inline void assert_good(void)
{
	if (diag_failed(&d))
		diag_print(&d, stderr);
	assert_false(diag_failed(&d));
	assert_non_null(sc);
}

/* Error number i, from 0. */
static inline void assert_error(size_t i, int line, int column, const char *text)
{
	assert_true(i < d.nr_errors);
	assert_string_equal(d.errors[i].text, text);
	assert_int_equal(d.errors[i].at.line, line);
	assert_int_equal(d.errors[i].at.column, column);
}

static inline int teardown(void **state)
{
	(void)state;
	forget();
	return 0;
}
#endif
