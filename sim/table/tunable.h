/*
 * tunable.h - values a user may set, one row each
 *
 * A tunable has the name it has on a real system: "vm.dirty_ratio",
 * "queue.sda.read_ahead_kb", "bdi.sda.max_ratio".  Rows are grouped in
 * classes; a class names the prefix and finds the object whose field is meant.
 * All values are int64_t fields (or small arrays of them).  "vm/dirty_ratio"
 * is the same name: sysctl(8) takes slashes, too.
 */
#ifndef MMSIM_TABLE_TUNABLE_H
#define MMSIM_TABLE_TUNABLE_H

#include "sim/base/str.h"
#include "sim/base/units.h"
#include "sim/table/key.h"

struct sim;
struct tunable;

#define TUNABLE_AUTO       INT64_MIN /* worked out at boot */
#define TUNABLE_KEEP       INT64_MIN /* in what is written: this one of several stays as it is */
#define TUNABLE_REFUSED    INT64_MIN /* of a word: there is such a value, but not here */
#define TUNABLE_MAX_VALUES 8

/*
 * Called instead of storing when a row's value is written while a kernel runs; time may pass, then
 * s->current is the task that writes.  values has
 * row->count elements, already within min..max and accepted by row->valid.  Stores what is to be
 * stored (tunable_store) and sets off what hangs on it.  Returns 0 or a negative errno value, then
 * nothing was changed.
 */
typedef int tunable_write_fn(struct sim *s, void *object, const struct tunable *row,
			     const int64_t *values);

struct tunable {
	const char *name;
	enum unit unit;
	int64_t def; /* TUNABLE_AUTO: worked out at boot */
	int64_t min, max;
	size_t offset; /* of int64_t[count] in the object */
	int count;
	const int64_t *defs;        /* count > 1: the defaults; else NULL */
	bool (*valid)(int64_t v);   /* NULL: all of min..max */
	const char *accepts;        /* with valid: what is accepted, in words */
	tunable_write_fn *on_write; /* NULL: just store */
	const char *meaning;
	const char *unused; /* why nothing reads it: it is taken, without effect; NULL: it acts */
	const char *alias;  /* another name it is found by; NULL */
	const char *where;  /* the file, if it is none of the class's place; NULL */
	bool seen_if_set; /* the results have no row of it at the start while it has its default */
	/* What its file takes and shows in place of numbers, every value has one; NULL: numbers. */
	const struct key_word *words;
};

/* The fields that every row of a .def file gives; type is the structure the value lies in. */
#define TUNABLE_FIELDS(type, row, row_unit, row_def, row_min, row_max, write, text)                \
	.name = #row, .unit = UNIT_##row_unit, .def = row_def, .min = row_min, .max = row_max,     \
	.offset = offsetof(struct type, row), .on_write = write, .meaning = text

struct tunable_class {
	const char *prefix;  /* "vm", "queue", "bdi", "boot" */
	const char *objects; /* NULL: one object; else what the second part names: "disk" */
	const char *where;   /* the place on a real system: "/proc/sys/vm" */
	const struct tunable *rows;
	int nr_rows;
	/* The structure the fields lie in, NULL if there is no such object.  A kernel runs. */
	void *(*object)(struct sim *s, const char *name);
	bool boot_only; /* cannot be written while a kernel runs */
};

/* A row found by its full name. */
struct tunable_ref {
	const struct tunable_class *class;
	const struct tunable *row;
	char object[65]; /* "" if the class has none */
};

/* A value to be set, as a scenario or --set gives it. */
struct tunable_value {
	struct tunable_ref ref;
	int64_t v[TUNABLE_MAX_VALUES];
	int n; /* that were given; 0: no number was read */
};

/* A name as tables have it: "vm/swappiness" is vm.swappiness.  The caller frees it. */
char *tunable_dotted(const char *name);
/* Looks a full name up in the tables of the run's personality.  Objects are not checked. */
bool tunable_find(const struct tunable_class *const *classes, const char *name,
		  struct tunable_ref *ref);
/* The nearest full name (object names as in name), or NULL; the caller frees it. */
char *tunable_nearest(const struct tunable_class *const *classes, const char *name);
/*
 * Reads text as the value of a row, a word or a number, and tests it against min, max and valid.
 * Of several numbers the last may be missing: they are TUNABLE_KEEP.  On failure says in *why what
 * is wrong and what is accepted (the caller frees it).
 */
bool tunable_parse(const struct tunable *row, const char *text, struct tunable_value *out,
		   char **why);
/* "0..100 percent", "0 or at least 8", ... */
void tunable_print_range(struct str *out, const struct tunable *row);
/* The value as the kernel would print it: a word, or plain numbers separated by blanks. */
void tunable_print_value(struct str *out, const struct tunable *row, const int64_t *v);

/* Fills an object's fields with the defaults of its rows (AUTO stays as TUNABLE_AUTO). */
void tunable_defaults(const struct tunable_class *class, void *object);
/* The word for a value, NULL: there is none. */
const char *tunable_word(const struct tunable *row, int64_t v);
/* A value as results have it, by the full name: its word if it has one, else value itself. */
const char *tunable_in_words(const struct tunable_class *const *classes, const char *name,
			     const char *value);
/* Whether a row has this name, or has it as its alias. */
bool tunable_has_name(const struct tunable *row, const char *name);

/*
 * Writes a value while a kernel runs and records what then is in force.  Range and valid are tested
 * here
 * (-EINVAL), -ENOENT if there is no such object, else what on_write says.
 */
int tunable_write(struct sim *s, const struct tunable_ref *ref, const int64_t *values);
/* Reads the fields; false if there is no such object. */
bool tunable_read(struct sim *s, const struct tunable_ref *ref, int64_t *values);
void tunable_store(void *object, const struct tunable *row, const int64_t *values);
#endif
