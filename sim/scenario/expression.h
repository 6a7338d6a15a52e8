/*
 * expression.h - "nr_dirty + nr_writeback <= 20 % * end(nr_dirty_threshold)"
 *
 *   comparison = sum ("<" | "<=" | "==" | "!=" | ">=" | ">") sum
 *   sum        = product { ("+" | "-") product }
 *   product    = factor { ("*" | "/") factor }
 *   factor     = "-" factor | "(" sum ")" | number [unit] | metric
 *              | ("end" | "max" | "min" | "mean" | "p99") "(" sum ")"
 *   metric     = name | kind "." name | kind "[" keys "]" "." name
 *              | "latency" "[" task call "]"      alone inside end(), max() ...
 *
 * In a step of a task (assert:) a name may also stand for the result of a call, and NAME.FIELD for
 * what can be read of it; such names come first.
 *
 * A number with a unit is read in the unit of what it is compared with or added to; "%" beside
 * "*" or "/" means hundredths.  Arithmetic is exact (fraction.h).  Only p99 and mean of a quotient
 * of two series round each sample down, to billionths.
 */
#ifndef MMSIM_SCENARIO_EXPRESSION_H
#define MMSIM_SCENARIO_EXPRESSION_H

#include "sim/base/arena.h"
#include "sim/scenario/fraction.h"
#include "sim/scenario/yaml.h"
#include "sim/table/model.h"

/* The names of results, asked while a comparison is read: see the step assert:. */
struct result_names {
	/* The number of the name, -1: there is none.  *kind: of its results; NULL: numbers. */
	int (*find)(void *arg, const char *name, const char **kind);
	void *arg;
};

/* Their values, asked while it is worked out. */
struct result_values {
	/* The newest result of a name by its number; false: there is none. */
	bool (*get)(void *arg, int number, struct result *out);
	void *arg;
};

enum compare_op { OP_LT, OP_LE, OP_EQ, OP_NE, OP_GE, OP_GT };

struct expression;

struct comparison {
	enum compare_op op;
	struct expression *left, *right; /* in the arena they were read into */
	enum unit unit;                  /* for reports */
	bool has_p99;
	bool has_latency;
};

/* Where metrics may stand. */
enum expression_mode {
	EXPRESSION_SERIES, /* everywhere, and no end(), max() ...: what is at one moment */
	EXPRESSION_FINAL,  /* only inside end(), max() ...: what a whole run comes to */
};

/*
 * Reads text, the part of node from offset on, up to its end.  false after an error.  What samples
 * need is freed with comparison_free.  names NULL: no results are known here.
 */
bool comparison_parse(struct diag *d, const struct tables *tables, struct arena *arena,
		      const struct yaml_node *node, size_t offset, size_t len,
		      enum expression_mode mode, const struct result_names *names,
		      struct comparison *out);
void comparison_free(struct comparison *c);

/* Who knows which tasks there will be. */
struct task_finder {
	/* An error to d if no task of this name, or that this pattern matches (with op: and that
	 * makes this call), can be there. */
	void (*find)(void *arg, struct diag *d, struct place at, const char *task, const char *op);
	void *arg;
	bool more_come; /* tasks make calls that bring objects: metric_object.never counts not */
};
/* After the boot: an error to d for each object, task and call of a task that it names in vain. */
void comparison_find(const struct comparison *c, struct diag *d, struct sim *s,
		     const struct task_finder *tasks);
/* The error that there is no such thing; there: what is. */
void expression_unknown(struct diag *d, struct place at, const char *what, const char *written,
			char *const *there, size_t n);

/* Takes a sample for end(), max() ... */
void comparison_sample(struct comparison *c, struct sim *s);
/* A call has ended, after so many ns: for end(), max() ... of latency[task op]. */
void comparison_latency(struct comparison *c, const struct sim *s, const char *task, const char *op,
			sim_time ns);

/* What a comparison comes to now. */
struct verdict {
	struct fraction left, right;
	bool defined; /* both are: no division by zero, all objects are there, samples were taken */
	bool holds;
	sim_time at; /* when the max or min on the left was reached; FOREVER: it is none */
};
/* values NULL: it has no results. */
struct verdict comparison_now(const struct comparison *c, struct sim *s,
			      const struct result_values *values);
/* Why it is not defined now: "a division by zero"; NULL: it is. */
const char *comparison_undefined(const struct comparison *c, struct sim *s,
				 const struct result_values *values);
#endif
