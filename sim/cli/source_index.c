/*
 * source_index.c - looks names and files up in what scripts/index made
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/cli/source_index.h"

static int by_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct source_name *)row)->name);
}

const struct source_name *source_name_find(const char *kind, const char *name)
{
	char *key = str_format("%s %s", kind, name);
	const struct source_name *found =
	    bsearch(key, source_names, nr_source_names, sizeof(*source_names), by_name);

	sim_free(key);
	return found;
}

const struct source_note *source_note_find(const char *file, size_t len)
{
	for (size_t i = 0; i < nr_source_notes; i++)
		if (strlen(source_notes[i].file) == len &&
		    memcmp(source_notes[i].file, file, len) == 0)
			return &source_notes[i];
	return NULL;
}
