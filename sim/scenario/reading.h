/*
 * reading.h - a scenario while it is read: for scenario*.c, general_keys.c, assemble.c, settings.c
 */
#ifndef MMSIM_SCENARIO_READING_H
#define MMSIM_SCENARIO_READING_H

#include "sim/base/arena.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/words.h"

#define MAX_SHOWN 60 /* characters of a user's word in a message */

struct scenario_private {
	struct arena arena;     /* owned; everything of the scenario that has no owner beside it */
	struct yaml_doc **docs; /* owned; the file, then values of --set */
	size_t nr_docs, cap_docs;
	struct tables tables;
	const struct yaml_node *root;      /* with all that was included and set */
	void **sections;                   /* data of personality->sections[i] */
	struct scenario_tunable *tunables; /* owned */
	size_t nr_tunables, cap_tunables;
};

struct reading {
	struct diag *d;
	struct scenario *sc;
	struct scenario_private *p;
	const struct personality *const *personalities;
	bool is_trial; /* of one value of compare: everything is tested, nothing is kept */
};

/* A --set and the value that was made of it. */
struct set {
	const struct setting *setting;
	const struct yaml_node *value; /* NULL: it was wrong */
};

/* record: */
struct record_conf {
	int64_t interval;
	const struct yaml_node *trace;
};

/* The general keys. */
struct top {
	int64_t mmsim;
	const char *personality;
	int64_t seed, duration, quantum;
	bool large;
	struct record_conf record;
	const struct yaml_node *compare, *expect, *tasks, *interrupts, *sysctl;
};

/* general_keys.c: what stands at the top of the scenario is known, kernels have nothing unknown. */
void check_top_keys(struct reading *r);
void check_kernels(struct reading *r);
void read_top(struct reading *r, struct top *top);
/* Puts what was read into the scenario. */
void use_top(struct reading *r, const struct top *top);
/* NULL: there is none of this name. */
const struct personality *find_personality(const struct reading *r, const char *name);

/* assemble.c: the value of a --set as a node whose place is the --set itself. */
struct set assemble_set(struct reading *r, const struct setting *setting);
/* The complete tree; the values that are not tunables' go to their paths. */
const struct yaml_node *assemble(struct reading *r, const struct yaml_node *root,
				 const struct set *sets, int n);
const struct section *find_section(const struct personality *p, const char *name);
bool has_row(const struct key_schema *schema, const char *name);
/* Whether a key is "sysctl" or the prefix of a class with objects: "queue". */
bool is_tunable_map(const struct reading *r, const char *name);

/* settings.c: sysctl: and the maps of classes with objects (queue:, bdi:). */
void read_tunables(struct reading *r);
/* A tunable of --set: counts instead of what the file says. */
void set_tunable(struct reading *r, const char *name, const struct yaml_node *value);
/* Whether a name is meant as that of a tunable; *name is moved behind "sysctl.". */
bool is_tunable_name(const struct tables *t, const char **name);
/* The class whose prefix the name begins with, NULL: none. */
const struct tunable_class *class_of(const struct tables *t, const char *name);
/* tunable_names.c: what to say of a name that no tunable has. */
void unknown_tunable(struct diag *d, const struct scenario *sc, const char *name, struct place at);
/* Whether a name can only be a sysctl of a real system, known here or not: "net.core.somaxconn". */
bool is_real_sysctl(const char *name);
/* compare: */
void read_compare(struct reading *r, const struct yaml_node *node);

/*
 * scenario.c: whether the scenario would still be right with another tree, in which the value at
 * this place is new; else says why not.
 */
char *try_root(const struct reading *r, const struct yaml_node *root, struct place at);
#endif
