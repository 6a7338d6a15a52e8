/*
 * program.h - what tasks and interrupts do, as it was read: for sim/workload alone
 *
 * A program is a tree of steps; nothing in it changes during a run.  What a
 * task keeps while it walks the tree is in run.h.
 */
#ifndef MMSIM_WORKLOAD_PROGRAM_H
#define MMSIM_WORKLOAD_PROGRAM_H

#include "sim/base/arena.h"
#include "sim/engine/wait.h"
#include "sim/scenario/expect.h"
#include "sim/scenario/names.h"
#include "sim/scenario/words.h"
#include "sim/scenario/yaml.h"
#include "sim/workload/pattern.h"
#include "sim/workload/workload.h"

struct program;
struct step;

struct block {
	struct step *steps;
	int n;
};

/* ---- calls ---- */

/* A program that gives a name with as:, seen from one that does not. */
struct giver {
	struct program *program;
	int slot;
};

/* A word of a call that names an object. */
struct ref_use {
	size_t offset; /* of the struct arg_ref in the arguments */
	const char *name;
	const char *kind; /* of object; NULL: a number */
	struct place at;
	enum {
		REF_LOCAL,  /* given by this program: slot */
		REF_GLOBAL, /* given by others */
		REF_OBJECT, /* declared in the scenario: slot in the table of those looked up */
	} from;
	int slot;
	bool declared_only; /* only a name that the scenario declares is meant */
	struct giver *givers;
	int nr_givers;
};

struct expected {
	enum { EXPECT_ANY, EXPECT_NULL, EXPECT_OBJECT, EXPECT_NUMBER } what;
	int64_t number;
};

struct call {
	const struct op *op;
	int id;           /* of its state in each task */
	const void *args; /* struct args as it was read */
	struct ref_use *refs;
	int nr_refs;
	int as; /* slot for the results, -1: none */
	struct expected expected;
	bool bug;        /* a simulated BUG is expected */
	bool is_checked; /* there is something to do with each result */

	int64_t count;              /* calls, 0: no limit */
	sim_time time_limit, think; /* 0: none */
	int64_t iops;               /* calls per second at most, 0: no limit */

	/* streams */
	bool is_stream;
	size_t offset_at, len_at; /* of the words in the arguments */
	int64_t start, block;
	int64_t bytes, span, rate; /* 0: no limit, the size of the object, no limit */
	struct pattern_conf pattern;
};

/* ---- control ---- */

struct barrier {
	const struct program *named_by; /* the last that did, while programs are read */
	int parties;                    /* tasks that name it and have not ended */
	int arrived;
	uint64_t generation;
	struct wait_queue wait;
};

struct choice {
	int64_t weight;
	struct block body;
};

enum step_kind {
	STEP_CALL,
	STEP_LOOP,
	STEP_SLEEP,
	STEP_AT,
	STEP_COMPUTE,
	STEP_BARRIER,
	STEP_CHOOSE,
	STEP_WAIT_FOR,
	STEP_ASSERT,
	STEP_SYSCTL,
	STEP_FORK,
	STEP_EXIT,
	STEP_WAIT,
};

struct step {
	enum step_kind kind;
	const char *name; /* of the call or control word */
	struct place at;
	union {
		struct call *call;
		struct {
			int64_t count;       /* 0: no limit */
			sim_time time_limit; /* 0: none */
			struct block body;
		} loop;
		sim_time time; /* sleep, at, compute */
		struct barrier *barrier;
		struct {
			struct choice *choices;
			int n;
			uint64_t total;
		} choose;
		struct {
			const char *task;
			struct program *program;
			int clone; /* -1: all */
		} wait_for;
		struct expectation *assertion;
		struct {
			struct tunable_value *values;
			int n;
			struct expected expected;
		} sysctl;
		struct {
			struct block body; /* of the child */
			struct expected expected;
		} fork;
	};
};

/* The blocks inside a step, one after the other; NULL: it has no more than i. */
static inline const struct block *step_body(const struct step *step, int i)
{
	if (step->kind == STEP_CHOOSE)
		return i < step->choose.n ? &step->choose.choices[i].body : NULL;
	if (i > 0)
		return NULL;
	return step->kind == STEP_LOOP   ? &step->loop.body
	       : step->kind == STEP_FORK ? &step->fork.body
					 : NULL;
}

/* ---- programs ---- */

/* A name given with as:. */
struct slot_name {
	const char *name;
	const char *kind; /* NULL: a number */
	struct place at;  /* where it is given first */
	bool is_shared;   /* other programs use it */
};

struct program {
	struct workload *workload;
	const char *name;
	struct place at;
	bool is_irq;
	bool is_wrong; /* steps with errors are not in it */
	struct block body;
	struct slot_name *slots; /* owned */
	size_t nr_slots, cap_slots;
	struct names slot_of; /* by name */
	int nr_calls;
	int nr_objects;           /* looked up */
	const char **object_kind; /* in the arena; of each */
	struct names object_of;   /* by kind and name: which of those looked up */
	const struct yaml_node *body_node;
	struct barrier **barriers; /* owned; each once */
	size_t nr_barriers, cap_barriers;

	/* tasks */
	int64_t cpu, node; /* -1: any */
	int64_t count;
	sim_time start;
	int nice; /* of its tasks */
	bool realtime;
	const void *kernel_conf; /* values of the personality's rows; NULL: it has none */
	struct wait_queue ended; /* tasks that wait until runners have ended */

	/* interrupts */
	sim_time every;
	bool waits_first; /* the first comes after one interval, else at start */
	bool poisson;
	int64_t burst;

	struct runner *runners; /* owned; one for each of count; see run.h */
};

struct call_error;
struct report_line;
struct workload {
	struct arena arena; /* owned; everything that was read */
	const struct scenario *sc;
	struct tables tables;
	struct program *programs; /* owned; tasks in order, then interrupts */
	int nr_programs, nr_tasks;
	int nr_runners; /* of tasks, children included */
	int nr_children;
	int fork_turn; /* CPU that the next child looks at first */

	/* the run */
	struct sim *sim;
	struct workload_hooks hooks;
	struct runner **runners; /* owned; of tasks, in order; then their children, owned as well */
	size_t cap_runners;
	struct zipf_table *zipfs; /* owned */
	int failures;
	struct report_line *lines; /* owned; in the order in which they came up */
	size_t nr_lines, cap_lines;
	bool not_shown;            /* there were failures of more kinds */
	int64_t nr_bugs;           /* rules of the kernel that were broken, expected or not */
	struct call_error *errors; /* owned; in the order in which they came up */
	size_t nr_errors, cap_errors;
	struct str errors_told; /* lines of the report */
	struct str report;      /* as it was asked for last */
};

/* ---- compiling ---- */

/* The names of a kind that the scenario declares. */
struct kind_names {
	struct kind_names *next;
	const char *kind;
	const char *const *list;
	size_t n;
	struct names index; /* owned */
};

struct ref_list_item;
struct slot_name;

struct compiler {
	struct diag *d;
	const struct scenario *sc;
	const struct personality *p;
	struct workload *w;
	struct program *program;   /* that is read */
	int fork_depth;            /* children the steps that are read are of */
	struct kind_names *kinds;  /* names that the scenario declares, as far as asked for */
	struct barrier **barriers; /* owned; by number */
	size_t nr_barriers, cap_barriers;
	struct names barrier_of;              /* number by name */
	struct ref_list_item *refs;           /* to be resolved when all programs are read */
	const struct key_schema *task_schema; /* rows of "tasks:"; NULL: not made yet */
};

/* program.c */
/* Reads the steps of a program; false: there were errors in them. */
bool compile_program(struct compiler *c, struct program *p);
void compile_block(struct compiler *c, const struct yaml_node *list, const char *what,
		   struct block *block);
/* call.c */
struct call *compile_call(struct compiler *c, const struct op *op, const struct yaml_node *step,
			  const struct yaml_node *key, const struct yaml_node *words);
bool compile_expected(struct compiler *c, const struct yaml_node *node, struct expected *expected);
/* "-ENOMEM", or the number if it is no error. */
void print_number_or_error(struct str *out, int64_t v);
/* refs.c */
void add_ref(struct compiler *c, struct ref_use *use);
int add_slot(struct compiler *c, const struct yaml_node *as, const char *kind);
void resolve_refs(struct compiler *c);
/* order.c: after resolve_refs, names of results that a program uses before it gives them. */
void check_order(struct compiler *c, const struct program *p);
/* The slot of a name that the program gives, -1: none so far.  *kind: of its results. */
int find_slot(const struct program *p, const char *name, const char **kind);

#endif
