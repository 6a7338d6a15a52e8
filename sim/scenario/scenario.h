/*
 * scenario.h - what to run, read from a file and checked against the tables
 */
#ifndef MMSIM_SCENARIO_SCENARIO_H
#define MMSIM_SCENARIO_SCENARIO_H

#include "sim/base/diag.h"
#include "sim/scenario/sections.h"

struct yaml_doc;
struct yaml_node;
struct expectations;

/* One tunable (or scenario value) and the values to compare: "compare:" or several in --set. */
struct sweep_axis {
	char *key;     /* "vm.dirty_ratio" */
	char **values; /* owned texts */
	int n;
};

struct scenario {
	char *path;     /* as given */
	char *name;     /* of the file, without folder and ".yaml"; for results */
	char *question; /* the leading comment of the file, or "" */
	uint64_t hash;  /* XXH64 of the file's text and of everything included and set */
	const struct personality *personality;
	const struct personality *const *personalities; /* all there are, for messages */
	int64_t seed;
	sim_time duration; /* FOREVER: until all tasks have ended */
	sim_time quantum;
	bool can_boot;      /* nothing is wrong with the sections of the personality */
	bool large;         /* runs whatever it needs of the host */
	sim_time interval;  /* between samples */
	const char **trace; /* shell patterns of tracepoints to record */
	int nr_trace;
	struct expectations *expect; /* owned; NULL: none */
	struct sweep_axis *compare;
	int nr_compare;
	const struct yaml_node *tasks; /* NULL: none; sim/workload reads them */
	const struct yaml_node *interrupts;
	/* what sections.h gives, and what owns all of it */
	struct scenario_private *p;
};

/* One --set KEY=VALUE: a tunable by its name or a scenario value by its path. */
struct setting {
	const char *key;
	const char *value;
};

/* The general keys of a scenario; sections and tunables come from the personality. */
extern const struct key_schema scenario_schema;

/*
 * Reads and checks everything but the programs of the tasks.  personalities is NULL-terminated,
 * the first is the default.  Errors go to d.  Returns NULL if nothing can be made of the file; a
 * scenario that comes back in spite of errors (diag_failed) is only good for workload_compile, so
 * that the errors of programs are found in the same go.  To be freed before d.
 */
struct scenario *scenario_load(struct diag *d, const char *path,
			       const struct personality *const *personalities,
			       const struct setting *sets, int nr_sets);
void scenario_free(struct scenario *sc);

/*
 * The names of a kind of objects that the scenario declares: of the items of all lists in its
 * sections whose rows are called so (schema name "disk", "file").  Live as long as the scenario.
 */
const char *const *scenario_names(const struct scenario *sc, const char *kind, size_t *n);

/* Finds a tunable by its full name, for steps that set one; the object must be declared. */
bool scenario_find_tunable(struct diag *d, const struct scenario *sc, const char *name,
			   struct place at, struct tunable_ref *ref);
/* What a sysctl that is no tunable is to a kernel. */
struct missing_sysctl {
	const char *why;       /* it has no effect here: constant; NULL: it is none, or it has */
	bool exists;           /* with why: the real kernel certainly has it */
	const struct op *call; /* what is called in a step instead; NULL: nothing */
};
/* By its full name, with "." or "/", or by its path below /proc/sys. */
struct missing_sysctl missing_sysctl_find(const struct personality *p, const char *name);
/* Reads a value for out->ref; any_range: what is out of range is taken as well. */
bool scenario_read_tunable(struct diag *d, const struct scenario *sc, const char *name,
			   const struct yaml_node *value, bool any_range,
			   struct tunable_value *out);
#endif
