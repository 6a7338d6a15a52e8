/*
 * bind.h - fills a C structure from a mapping, as the rows of a table say
 *
 * The rows are struct key (sim/table/key.h).  Beyond what is said there:
 *
 *   KEY_INT            min..max; both 0: at least 0.  INT64_MAX as max is no bound
 *   KEY_ENUM           one of the words; a whole number within min..max too if max > min
 *   KEY_FLAGS          words joined with "|", blanks around it allowed; or a whole number,
 *                      within min..max if max > min, else at least 0
 *   KEY_INTS           a list, or one text: "256 256 32 0 0"; every number within min..max
 *   KEY_SET            numbers and ranges joined with commas, "" is the empty set; or a list
 *   KEY_BEHAVIOUR      ok, error:EIO, delay:5 ms, fail:3
 *   KEY_TABLE          a list of what KEY_INTS takes
 *   KEY_TEXT/NAME/REF  a copy of the text in the arena
 *   KEY_MAP            if the key is missing, sub's own defaults
 *   KEY_NODE           the node itself: lives as long as its document
 *
 * A def is read like a value that a user wrote; one that cannot be read is a bug in the table.
 */
#ifndef MMSIM_SCENARIO_BIND_H
#define MMSIM_SCENARIO_BIND_H

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/scenario/yaml.h"
#include "sim/table/key.h"

struct personality;

struct bind {
	struct diag *d;      /* borrowed; gets all errors */
	struct arena *arena; /* borrowed; everything that the structures point to */
	/* Whose scenario it is: a key that is not known here may be known elsewhere; NULL: not. */
	const struct personality *personality;
	/* Other kernels, NULL-terminated, and the section that is read: they may know in theirs
	 * what this kernel does not.  NULL: nobody looks. */
	const struct personality *const *others;
	const char *section;
};

/*
 * Clears out (schema->size bytes) and fills it: from node what is written, else the defaults.
 * Node is a mapping, or a scalar if the schema has a short_key.  Returns false if there was an
 * error; all errors of the mapping and of what it contains are in b->d then, and out holds what
 * could be read.
 */
bool bind_map(struct bind *b, const struct key_schema *schema, const struct yaml_node *node,
	      void *out);

/*
 * The value of a single row, written to out + key->offset.  Out is the structure that the row is
 * about.  Returns false, with errors in b->d, if the value is refused; the field is untouched then,
 * except that a KEY_MAP holds what could be read.
 */
bool bind_value(struct bind *b, const struct key *key, const struct yaml_node *value, void *out);

/*
 * The same for a text, as the user would write it behind the key ("GFP_KERNEL", "64 KiB",
 * "[[10, 21], [21, 10]]"): for key->def, for defaults of calls and for --set.  name stands for the
 * file in messages.  Not for KEY_NODE.
 */
bool bind_text(struct bind *b, const struct key *key, const char *name, const char *text,
	       void *out);

/* Clears out and fills it with the defaults alone; required keys stay zero. */
void bind_defaults(struct bind *b, const struct key_schema *schema, void *out);

struct str;

/* Adds what a row accepts, in words: "0..100 percent", "a list of a whole number, 1..8". */
void bind_print_accepted(struct str *out, const struct key *key);
#endif
