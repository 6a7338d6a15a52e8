/*
 * key.h - what a mapping in a scenario may contain, one row per key
 *
 * The rows tell how to read, check and document a mapping, and where in a C
 * structure each value goes.  Scenario sections, disks, files and the
 * arguments of calls are all described this way.
 */
#ifndef MMSIM_TABLE_KEY_H
#define MMSIM_TABLE_KEY_H

#include "sim/base/types.h"
#include "sim/base/units.h"

enum key_type {
	KEY_INT,   /* int64_t, read by its unit, within min..max */
	KEY_BOOL,  /* bool */
	KEY_TEXT,  /* const char *, any text without control characters, at most 4 KiB */
	KEY_NAME,  /* const char *, [A-Za-z0-9_][A-Za-z0-9._-]*, at most 64 characters */
	KEY_ENUM,  /* int64_t, one of the words (or, if allowed, a number) */
	KEY_FLAGS, /* int64_t, words joined with "|", or a number; e.g. GFP_KERNEL|__GFP_ZERO */
	KEY_INTS,  /* struct key_ints: a list of whole numbers, or numbers separated by blanks */
	KEY_SET,   /* uint64_t, bit per number 0..63: "0-1,3", as kernels write sets of CPUs */
	KEY_TABLE, /* struct key_rows: a list of lists of whole numbers */
	KEY_MAP,   /* the structure described by sub, embedded at offset */
	KEY_LIST,  /* struct key_list: a list of mappings, each as described by sub */
	KEY_BEHAVIOUR, /* struct behaviour: ok, error:EIO, delay:5 ms, fail:3 */
	KEY_REF,       /* const char *: the name under which a result was kept (as:); see op.h */
	KEY_NODE,      /* const struct yaml_node *, as it stands; whoever asked reads it */
};

/* One word of an enumeration or of a set of flags. */
struct key_word {
	const char *name; /* NULL ends a list */
	int64_t value;
	const char *meaning;
};

struct key_ints {
	int64_t *v; /* in the run's arena */
	int n;
};

/* What a callback does that a call wants from its caller. */
enum behaviour_kind {
	BEHAVE_NONE,  /* not given: the model's own way */
	BEHAVE_OK,    /* succeeds at once */
	BEHAVE_ERROR, /* every call fails with error */
	BEHAVE_DELAY, /* succeeds, delay later */
	BEHAVE_FAIL,  /* call number nth fails, the others succeed */
};

struct behaviour {
	enum behaviour_kind kind;
	int error;      /* BEHAVE_ERROR: a negative errno value */
	sim_time delay; /* BEHAVE_DELAY: ns */
	int64_t nth;    /* BEHAVE_FAIL: 1 is the first call */
};

struct key_rows {
	struct key_ints *rows; /* in the run's arena */
	int n;
};

struct key_list {
	void *items; /* in the run's arena; n structures of sub->size bytes */
	int n;
};

struct key {
	const char *name;
	enum key_type type;
	enum unit unit;
	size_t offset; /* in the structure that is filled */
	/*
	 * The value when the key is missing, as a user would write it; NULL: none, and then the
	 * field stays zero (int64_t fields: see set).  "" is the empty text.
	 */
	const char *def;
	int64_t min, max; /* KEY_INT, KEY_INTS, KEY_TABLE; both 0: any non-negative value */
	const struct key_word *words; /* KEY_ENUM, KEY_FLAGS */
	const struct key_schema *sub; /* KEY_MAP, KEY_LIST */
	bool required;
	const char *meaning;
	const char *ref_kind; /* KEY_REF: kind of object, as ops give it ("page", "file") */
	const char *of; /* a word of calls: of this one, before the row of all; NULL: of all */
};

/* The rows of one kind of mapping. */
struct key_schema {
	const char *name; /* "disk", "file": for messages */
	const struct key *keys;
	int nr_keys;
	size_t size; /* of the structure */
	/*
	 * Where in the structure a struct key_seen lies, or SIZE_MAX: which keys were written, and
	 * where.
	 */
	size_t seen;
	/*
	 * If not NULL: a bare scalar instead of a mapping means this key.
	 */
	const char *short_key;
};

/* The first row of a name of len characters; NULL: there is none, or no schema. */
const struct key *key_find(const struct key_schema *schema, const char *name, size_t len);

struct place;

/* Which keys of a mapping were written, by index of the row, and where. */
#define KEYS_SEEN_MAX 128
struct key_seen {
	uint64_t written[KEYS_SEEN_MAX / 64]; /* bit i, 64 a word: keys[i] was given */
	struct place *at; /* in the run's arena: of the mapping, then of each key's value */
};

static inline bool key_is_written(const struct key_seen *seen, int row)
{
	return seen->written[row / 64] >> row % 64 & 1;
}

/*
 * Where the value of a row was written, or the mapping if that was not; no place at all of what no
 * scenario has.
 */
struct place key_place(const struct key_seen *seen, int row);

/* Sets a number of a mapping as if a scenario had it; the schema has a row of that name, and .seen.
 */
void key_write_int(const struct key_schema *schema, void *data, const char *name, int64_t v);

static inline void key_set_written(struct key_seen *seen, int row)
{
	seen->written[row / 64] |= 1ULL << row % 64;
}
#endif
