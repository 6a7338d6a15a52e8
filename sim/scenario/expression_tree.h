/*
 * expression_tree.h - the tree of an expression, for expression.c and expression_read.c alone
 */
#ifndef MMSIM_SCENARIO_EXPRESSION_TREE_H
#define MMSIM_SCENARIO_EXPRESSION_TREE_H

#include "sim/scenario/expression.h"

enum kind {
	NUMBER,
	METRIC,
	RESULT,
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
	struct fraction best; /* end, max, min */
	sim_time at;          /* when that was */
	struct fraction sum;  /* mean */
	__int128 den;         /* p99: of all samples */
	__int128 *num;        /* owned; p99 */
	size_t cap;
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
	struct place at;

	/* METRIC */
	const struct metric_object *object;
	const struct metric *row;
	bool is_one; /* of the object with these keys; else summed over all */
	union metric_key_value keys[METRIC_MAX_KEYS];

	/* RESULT */
	int result;                       /* number of its name */
	const struct result_field *field; /* NULL: the number itself */

	/* AGGREGATE */
	enum aggregate how;
	struct samples samples;
};
#endif
