/*
 * trace.h - tracepoints: what happened, one row each
 *
 * A row names the event and its fields, all whole numbers.  A tracepoint that
 * nobody asked for costs one test of a byte.  The last ones are kept for bug
 * reports.
 */
#ifndef MMSIM_TABLE_TRACE_H
#define MMSIM_TABLE_TRACE_H

#include "sim/engine/sim.h"

#define TRACE_MAX_FIELDS 24
#define TRACE_MAX_POINTS 256 /* of a personality */

struct trace_def {
	const char *name;
	const char *const *fields; /* NULL-terminated */
	int nr_fields;
	const char *meaning;
};

/* One event, as it goes to the recorder. */
struct trace_record {
	sim_time t_ns;
	int id;
	int cpu;          /* -1: none */
	const char *task; /* name, "" outside of tasks; borrowed */
	int64_t v[TRACE_MAX_FIELDS];
};

enum trace_use {
	TRACE_RECORD = 1, /* into the database */
	TRACE_COUNT = 2,  /* counted, for expectations */
	TRACE_RING = 4,   /* kept among the last ones */
};

#define TRACE_RING_SIZE 64

struct trace_state {
	const struct trace_def *defs; /* of the personality */
	int nr;
	uint8_t on[TRACE_MAX_POINTS]; /* enum trace_use, by id; here, so that a look costs little */
	uint64_t *counts;             /* by id */
	struct trace_record ring[TRACE_RING_SIZE];
	uint64_t nr_ring;
	/* Takes the events with TRACE_RECORD; set by the recorder. */
	void (*sink)(struct sim *s, const struct trace_record *r);
	void *sink_arg; /* borrowed; for the sink */
};

void trace_emit(struct sim *s, int id, const int64_t *v);
/* Adds use to every tracepoint that matches the shell pattern; returns how many. */
int trace_enable(struct trace_state *ts, const char *glob, enum trace_use use);

/*
 * A model's trace.def has rows TRACE(name, "meaning", field, ...).  In trace.h of the model:
 *
 *	#define TRACE TRACE_ENUM
 *	enum { #include "trace.def" };
 *	#define TRACE TRACE_FUNCTION
 *	#include "trace.def"
 *
 * gives trace_name(s, field, ...).
 */
#define TRACE_ID(name)                 TP_##name
#define TRACE_ENUM(name, meaning, ...) TRACE_ID(name),

#define TF_ARG1(a)                                                                             , int64_t a
#define TF_ARG2(a, ...)                                                                        , int64_t a TF_ARG1(__VA_ARGS__)
#define TF_ARG3(a, ...)                                                                        , int64_t a TF_ARG2(__VA_ARGS__)
#define TF_ARG4(a, ...)                                                                        , int64_t a TF_ARG3(__VA_ARGS__)
#define TF_ARG5(a, ...)                                                                        , int64_t a TF_ARG4(__VA_ARGS__)
#define TF_ARG6(a, ...)                                                                        , int64_t a TF_ARG5(__VA_ARGS__)
#define TF_ARG7(a, ...)                                                                        , int64_t a TF_ARG6(__VA_ARGS__)
#define TF_ARG8(a, ...)                                                                        , int64_t a TF_ARG7(__VA_ARGS__)
#define TF_ARG9(a, ...)                                                                        , int64_t a TF_ARG8(__VA_ARGS__)
#define TF_ARG10(a, ...)                                                                       , int64_t a TF_ARG9(__VA_ARGS__)
#define TF_ARG11(a, ...)                                                                       , int64_t a TF_ARG10(__VA_ARGS__)
#define TF_ARG12(a, ...)                                                                       , int64_t a TF_ARG11(__VA_ARGS__)
#define TF_ARG13(a, ...)                                                                       , int64_t a TF_ARG12(__VA_ARGS__)
#define TF_ARG14(a, ...)                                                                       , int64_t a TF_ARG13(__VA_ARGS__)
#define TF_ARG15(a, ...)                                                                       , int64_t a TF_ARG14(__VA_ARGS__)
#define TF_ARG16(a, ...)                                                                       , int64_t a TF_ARG15(__VA_ARGS__)
#define TF_NAME1(a)                                                                            #a,
#define TF_NAME2(a, ...)                                                                       #a, TF_NAME1(__VA_ARGS__)
#define TF_NAME3(a, ...)                                                                       #a, TF_NAME2(__VA_ARGS__)
#define TF_NAME4(a, ...)                                                                       #a, TF_NAME3(__VA_ARGS__)
#define TF_NAME5(a, ...)                                                                       #a, TF_NAME4(__VA_ARGS__)
#define TF_NAME6(a, ...)                                                                       #a, TF_NAME5(__VA_ARGS__)
#define TF_NAME7(a, ...)                                                                       #a, TF_NAME6(__VA_ARGS__)
#define TF_NAME8(a, ...)                                                                       #a, TF_NAME7(__VA_ARGS__)
#define TF_NAME9(a, ...)                                                                       #a, TF_NAME8(__VA_ARGS__)
#define TF_NAME10(a, ...)                                                                      #a, TF_NAME9(__VA_ARGS__)
#define TF_NAME11(a, ...)                                                                      #a, TF_NAME10(__VA_ARGS__)
#define TF_NAME12(a, ...)                                                                      #a, TF_NAME11(__VA_ARGS__)
#define TF_NAME13(a, ...)                                                                      #a, TF_NAME12(__VA_ARGS__)
#define TF_NAME14(a, ...)                                                                      #a, TF_NAME13(__VA_ARGS__)
#define TF_NAME15(a, ...)                                                                      #a, TF_NAME14(__VA_ARGS__)
#define TF_NAME16(a, ...)                                                                      #a, TF_NAME15(__VA_ARGS__)
#define TF_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, n, ...) n
#define TF_COUNT(...)                                                                          TF_PICK(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define TF_CAT(a, b)                                                                           a##b
#define TF_APPLY(what, n, ...)                                                                 TF_CAT(what, n)(__VA_ARGS__)
#define TRACE_FUNCTION(name, meaning, ...)                                                         \
	static inline void trace_##name(                                                           \
	    struct sim *s TF_APPLY(TF_ARG, TF_COUNT(__VA_ARGS__), __VA_ARGS__))                    \
	{                                                                                          \
		if (__builtin_expect(trace_is_on(s, TRACE_ID(name)), 0)) {                         \
			const int64_t trace_values[] = { __VA_ARGS__ };                            \
                                                                                                   \
			trace_emit(s, TRACE_ID(name), trace_values);                               \
		}                                                                                  \
	}
/* A row of struct trace_def. */
#define TRACE_DEF(name, meaning, ...)                                                              \
	{ #name,                                                                                   \
	  (const char *const[]){ TF_APPLY(TF_NAME, TF_COUNT(__VA_ARGS__), __VA_ARGS__) NULL },     \
	  TF_COUNT(__VA_ARGS__), meaning },
#endif
