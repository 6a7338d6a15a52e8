/*
 * key.c - rows of schemas by their names
 */
#include "sim/table/key.h"

#include <string.h>

#include "sim/base/bug.h"
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

void key_write_int(const struct key_schema *schema, void *data, const char *name, int64_t v)
{
	const struct key *key = key_find(schema, name, strlen(name));

	SIM_ASSERT(key && schema->seen != SIZE_MAX);
	*(int64_t *)(void *)((char *)data + key->offset) = v;
	key_set_written((struct key_seen *)(void *)((char *)data + schema->seen),
			(int)(key - schema->keys));
}
