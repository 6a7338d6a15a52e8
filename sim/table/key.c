/*
 * key.c - rows of schemas by their names
 */
#include "sim/table/key.h"

#include <string.h>

#include "sim/base/diag.h"

const struct key *key_find(const struct key_schema *schema, const char *name, size_t len)
{
	for (int i = 0; schema && i < schema->nr_keys; i++)
		if (strlen(schema->keys[i].name) == len &&
		    strncmp(schema->keys[i].name, name, len) == 0)
			return &schema->keys[i];
	return NULL;
}

struct place key_place(const struct key_seen *seen, int row)
{
	if (!seen->at)
		return (struct place){ 0 };
	return seen->at[key_is_written(seen, row) ? row + 1 : 0];
}
