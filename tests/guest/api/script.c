/*
 * script.c - a script of random calls for the module "calls"
 *
 *	script KIND SEED CALLS         writes it
 *	script KIND                    "GROUP MEMORY_MB" of such scripts
 *
 * The same seed gives the same script everywhere.  What calls will return is not known here: a slot
 * that got nothing is emptied like any other.
 */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CALLS 1000000 /* no script of so many has room in the module */

static const struct kind *const all[] = { vm_kinds, pool_kinds, file_kinds };

static const struct kind *find(const char *name)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct kind *k = all[i]; k->name; k++)
			if (strcmp(k->name, name) == 0)
				return k;
	fprintf(stderr, "script: %s: not known; accepted:", name);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct kind *k = all[i]; k->name; k++)
			fprintf(stderr, " %s", k->name);
	fprintf(stderr, "\n");
	exit(2);
}

int main(int argc, char **argv)
{
	const struct kind *kind;
	int calls;

	if (argc != 2 && argc != 4) {
		fprintf(stderr, "script KIND [SEED CALLS]\n");
		return 2;
	}
	kind = find(argv[1]);
	if (argc == 2) {
		printf("%s %d\n", kind->group, kind->memory_mb);
		return 0;
	}
	chance_begin(number("seed", argv[2], UINT64_MAX));
	calls = (int)number("calls", argv[3], MOST_CALLS);
	kind->write(calls);
	return 0;
}
