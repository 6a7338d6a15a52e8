/*
 * expression_tree.h - the tree of an expression, for expression.c and expression_read.c alone
 */
#ifndef MMSIM_SCENARIO_EXPRESSION_TREE_H
#define MMSIM_SCENARIO_EXPRESSION_TREE_H

#include "sim/scenario/expression.h"

/* What the tree says of units, beside those of units.h. */
#define NO_UNIT   (-1) /* a plain number: takes any */
#define SOME_UNIT (-2) /* a number with a unit: reads itself in any it can */

/* Where reading is. */
struct reader {
	struct diag *d;
	const struct tables *tables;
	struct arena *arena;
	const struct yaml_node *node;
	const char *text, *p, *end;
	enum expression_mode mode;
	const struct result_names *names; /* NULL: none */
	bool in_aggregate;
	bool has_p99;
	bool has_latency;
	int depth;
	bool failed;
};

enum kind {
	NUMBER,
	METRIC,
	RESULT,
	LATENCY, /* of the calls of tasks; only as the whole of an aggregate */
	ADD,
	SUB,
	MUL,
	DIV,
	AGGREGATE,
};

enum aggregate { AGG_END, AGG_MAX, AGG_MIN, AGG_MEAN, AGG_P99, NR_AGGREGATES };

/* What an aggregate has seen so far. */
struct samples {
	uint64_t n;
	bool there;           /* at a sample all its objects were */
	struct fraction best; /* end, max, min */
	sim_time at;          /* when that was */
	struct fraction sum;  /* mean */
	__int128 den;         /* p99: of all samples */
	__int128 *num;        /* owned; p99 */
	size_t cap;
	uint64_t *buckets; /* owned; p99 of LATENCY, as in histogram.h */
};

struct expression {
	enum kind kind;
	struct expression *a, *b; /* operands; an aggregate has a */
	bool varies;              /* a divisor in it is a series */
	bool is_series;           /* has a metric outside of aggregates */

	/* NUMBER */
	struct fraction number;
	const char *text; /* as written, with its unit if has_suffix */
	size_t len;
	bool has_suffix;
	struct place at; /* of a METRIC its keys, of a LATENCY what is between the brackets, of a
			    DIV its divisor */

	/* METRIC */
	const struct metric_object *object;
	const struct metric *row;
	bool is_one; /* of the object with these keys; else summed over all */
	union metric_key_value keys[METRIC_MAX_KEYS];

	/* RESULT */
	int result;                       /* number of its name */
	const struct result_field *field; /* NULL: the number itself */

	/* LATENCY */
	const char *task; /* a name or a shell pattern */
	const char *op;

	/* AGGREGATE */
	enum aggregate how;
	struct samples samples;
};

/* expression_units.c: the unit of what is added or compared; an error if the two cannot be. */
int expression_same_unit(struct reader *r, int a, int b);
int expression_unit(struct reader *r, const struct expression *e);
/* Hands the unit of the whole down to its numbers. */
void expression_give_units(struct reader *r, struct expression *e, int unit, bool is_factor);
/* After that: an error for each divisor that is 0 whatever happens in the run. */
void expression_refuse_zeros(struct reader *r, const struct expression *e);
#endif
