/*
 * test_api.c - functions of api.def can be called and have tests, and those tests have rows
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "models/freebsd/personality.h"
#include "models/linux/linux.h"

#define TESTS "tests/api"

struct api_row {
	const char *name, *file;
	const struct personality *personality;
};

static const struct api_row rows[] = {
#define API(name, signature, behaviour, result, file, now) { #name, file, &linux_personality },
#include "models/linux/api.def"
#undef API
#define API(name, signature, behaviour, result, file, now) { #name, file, &freebsd_personality },
#include "models/freebsd/api.def"
#undef API
};

static bool has_row(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strlen(rows[i].name) == len && !strncmp(rows[i].name, name, len))
			return true;
	return false;
}

static void every_function_can_be_called(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!op_find(rows[i].personality, rows[i].name))
			fail_msg("%s: no call of this name", rows[i].name);
}

static void every_function_has_a_test_and_a_file(void **state)
{
	char path[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(path, sizeof(path), "%s/%s.yaml", TESTS, rows[i].name);
		if (access(path, R_OK))
			fail_msg("%s: no test %s", rows[i].name, path);
		if (access(rows[i].file, R_OK))
			fail_msg("%s: no file %s", rows[i].name, rows[i].file);
	}
}

static void every_test_is_of_a_function(void **state)
{
	DIR *dir = opendir(TESTS);
	const struct dirent *entry;

	(void)state;
	assert_non_null(dir); /* to be run from the root of the source tree */
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len > 5 && !strcmp(entry->d_name + len - 5, ".yaml") &&
		    !has_row(entry->d_name, len - 5))
			fail_msg("%s/%s: no row of api.def", TESTS, entry->d_name);
	}
	closedir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_can_be_called),
		cmocka_unit_test(every_function_has_a_test_and_a_file),
		cmocka_unit_test(every_test_is_of_a_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
