/*
 * op.h - calls that scenarios can make, one row each
 *
 * A row names the call, the argument words it takes and what it gives.  Words
 * are declared once per personality (struct key_schema args) and mean the same
 * in every call.  The function behind a row only translates.
 */
#ifndef MMSIM_TABLE_OP_H
#define MMSIM_TABLE_OP_H

#include "sim/engine/task.h"
#include "sim/table/key.h"

/*
 * The words that calls of a personality take are rows of a file of its own, ARG_INT(order, COUNT,
 * 0, 10, "..."): in struct args a field each, and here the keys that read them.
 */
#define ARG_KEY_INT(n, u, lo, hi, m)                                                               \
	{ .name = #n,                                                                              \
	  .type = KEY_INT,                                                                         \
	  .unit = UNIT_##u,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .min = lo,                                                                               \
	  .max = hi,                                                                               \
	  .meaning = m },
#define ARG_KEY_FLAGS(n, w, m)                                                                     \
	{ .name = #n,                                                                              \
	  .type = KEY_FLAGS,                                                                       \
	  .offset = offsetof(struct args, n),                                                      \
	  .words = w,                                                                              \
	  .meaning = m },
#define ARG_KEY_ENUM(n, w, m)                                                                      \
	{ .name = #n,                                                                              \
	  .type = KEY_ENUM,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .words = w,                                                                              \
	  .meaning = m },
/* A word that accepts others in one call; the field is the same. */
#define ARG_KEY_ENUM_OF(op, n, w, m)                                                               \
	{ .name = #n,                                                                              \
	  .of = #op,                                                                               \
	  .type = KEY_ENUM,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .words = w,                                                                              \
	  .meaning = m },
#define ARG_KEY_WORD(n, w, lo, hi, m)                                                              \
	{ .name = #n,                                                                              \
	  .type = KEY_ENUM,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .words = w,                                                                              \
	  .min = lo,                                                                               \
	  .max = hi,                                                                               \
	  .meaning = m },
#define ARG_KEY_BOOL(n, m)                                                                         \
	{ .name = #n, .type = KEY_BOOL, .offset = offsetof(struct args, n), .meaning = m },
#define ARG_KEY_REF(n, k, m)                                                                       \
	{ .name = #n,                                                                              \
	  .type = KEY_REF,                                                                         \
	  .offset = offsetof(struct args, n),                                                      \
	  .ref_kind = k,                                                                           \
	  .meaning = m },
#define ARG_KEY_INTS(n, u, lo, hi, m)                                                              \
	{ .name = #n,                                                                              \
	  .type = KEY_INTS,                                                                        \
	  .unit = UNIT_##u,                                                                        \
	  .offset = offsetof(struct args, n),                                                      \
	  .min = lo,                                                                               \
	  .max = hi,                                                                               \
	  .meaning = m },
#define ARG_KEY_NAME(n, m)                                                                         \
	{ .name = #n, .type = KEY_NAME, .offset = offsetof(struct args, n), .meaning = m },
#define ARG_KEY_BEHAVIOUR(n, m)                                                                    \
	{ .name = #n, .type = KEY_BEHAVIOUR, .offset = offsetof(struct args, n), .meaning = m },
#define ARG_KEY_SET(n, m)                                                                          \
	{ .name = #n, .type = KEY_SET, .offset = offsetof(struct args, n), .meaning = m },

struct args; /* completed by each personality: one field per argument word */

/* Value of an argument that names an earlier result.  Field of a KEY_REF word. */
struct arg_ref {
	const char *name; /* as written; NULL: not given */
	void *ptr;        /* the object; NULL if the result was NULL */
	int64_t value;    /* the number, for results that are numbers */
	bool declared;    /* it is the name of what the scenario declares, not given by a call */
};

/* What a call gave. */
struct result {
	int64_t value;  /* what the function returned, or 0 with ptr */
	void *ptr;      /* an object for as: */
	bool is_ptr;    /* the function returns a pointer: NULL can be expected */
	int64_t out[4]; /* what it wrote to where its other arguments point */
};

/* Something to read of a named result: "pfn" in "assert: p.pfn == 800". */
struct result_field {
	const char *kind; /* of the result, as calls give it */
	const char *name;
	enum unit unit;
	int64_t (*get)(const struct sim *s, const struct result *r); /* an object is not NULL */
	const char *meaning;
	bool of_out; /* of what the call wrote to its arguments: there without an object, too */
};

/* Gives an object (or NULL) as the call's result. */
static inline int64_t give(struct result *r, void *ptr)
{
	r->ptr = ptr;
	r->is_ptr = true;
	return 0;
}

/* Returns what the simulated function returns: a count, 0, or a negative errno value. */
typedef int64_t op_fn(struct task *t, const struct args *a, struct result *r);

enum op_flag {
	/*
	 * Works on a stretch of a file or mapping: takes the words offset and block, and the
	 * workload calls it again and again by the words pattern, bytes, span, rate.
	 */
	OP_STREAM = 1,
	OP_NO_IRQ = 2,     /* may sleep whatever its arguments: not for interrupts */
	OP_RELEASES = 4,   /* its first word is a reference, gone afterwards */
	OP_BRINGS = 8,     /* may bring objects with metrics that were not there after the boot */
	OP_MAY_SLEEP = 16, /* sleeps as far as its arguments say: see personality.sleeps */
	/*
	 * Its first word may be a declared name that stands for nothing (any more): it is not
	 * looked up.  ptr: NULL; with OP_RELEASES what the task had by that name (NULL: nothing),
	 * and other than declared names are not accepted.
	 */
	OP_NAMES = 32,
};

struct op {
	const char *name;
	/* Words it takes: "pool, gfp = GFP_KERNEL, node ="; "=" makes one optional.  The
	 * default of one that is true or false may be another word of the call: true if that is
	 * given ("file =, shared = file"). */
	const char *takes;
	const char *gives; /* kind of result, for as: ("pool", "page"); NULL: a number */
	op_fn *run;
	unsigned flags; /* enum op_flag */
	const char *meaning;
};
#endif
