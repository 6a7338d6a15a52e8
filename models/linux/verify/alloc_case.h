/*
 * alloc_case.h - cases of the family alloc: a state of the page allocator, and calls one after
 * another
 *
 * A phase of a case is a state (before.txt), calls (ops.txt) and what they made of it.  The calls
 * run on the machine that the state describes, on the context of interrupts of their CPU: none of
 * them sleeps, and nothing else runs.
 */
#ifndef MMSIM_LINUX_ALLOC_CASE_H
#define MMSIM_LINUX_ALLOC_CASE_H

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/verify/verify.h"

enum alloc_quantity {
	Q_ANSWERS,
	Q_TRACE,
	Q_ZONES,
	Q_FREE,
	Q_PCP,
	Q_PCPLIST,
	Q_BLOCKS,
	Q_WMARK,
	Q_ZONEMISC,
	Q_NUMA,
	Q_EVENTS,
	Q_KSWAPD,
	NR_ALLOC_QUANTITIES,
};

/* ---- alloc_load.c, alloc_dump.c: a state ---- */

#define ALLOC_NO_BLOCK '.' /* stands for a pageblock, or page, of a hole */
extern const char alloc_type_letters[MIGRATE_CMA + 1]; /* captures have no CMA */
/* Counters of allocated pages by kind of zone. */
extern const char *const alloc_event_names[ZONE_MOVABLE + 1];

struct alloc_state {
	struct sim *sim;
	struct tables tables;
	struct linux_vm vm;
	struct wait_entry *kswapd;            /* owned; by node: waits in kswapd's place */
	int64_t pgalloc_before[MAX_NR_ZONES]; /* by kind of zone, until the state was taken */
	void *replay;                         /* borrowed; who wants the tracepoints */
};

/* Builds the machine and takes the state over; false after reporting to c->diag. */
bool alloc_state_load(struct verify_case *c, const char *path, struct alloc_state *st);
void alloc_state_free(struct alloc_state *st);
/* A zone by name; NULL: there is none. */
struct zone *alloc_find_zone(struct linux_vm *vm, int64_t nid, const char *name);
/* The state as records, those that are compared and what belongs to them. */
void alloc_state_print(const struct alloc_state *st, struct str *out);
/* Compares printed records with a recorded state, if the case has one. */
void alloc_state_compare(struct verify_case *c, const struct alloc_state *st, const char *path,
			 const char *printed, struct verify_quantity *q);

/* ---- alloc_ops.c, alloc_run.c: the calls ---- */

#define ALLOC_BLOCK_BITS 0xfu /* of a pageblock: G and P */

/* What an allocation returned. */
struct alloc_slot {
	uint32_t pfn; /* 0: nothing */
	uint8_t order;
	bool compound;
};

struct alloc_slots {
	struct alloc_slot *slot; /* owned */
	size_t n, cap;
};

struct alloc_op {
	char kind;       /* letter of the call; a, f: by somebody else */
	bool recorded;   /* the case has the kernel's answer */
	bool impossible; /* it frees what our allocator did not give */
	int cpu;
	int node;
	uint32_t slot;
	uint32_t gfp;     /* G, P: mask */
	uint64_t size;    /* A, F, S: order; X, Y: bytes; B, C, Z: pages; P: flags; M: its number */
	uint64_t start;   /* C, Z: first page; G, P: a page; S: slot of the first page */
	int type;         /* C: migratetype */
	int64_t answer;   /* frame, 0: FAIL; C: 0 or -errno; G: bits; B: where in frames */
	int64_t expected; /* the same, recorded */
	int nr, expected_nr; /* B: frames got */
};

/* A tracepoint hit, as a line that begins with a small letter. */
struct alloc_event {
	uint32_t op;
	char kind; /* e, w, d, l */
	int64_t v[6];
};

struct alloc_events {
	struct alloc_event *e; /* owned */
	size_t n, cap;
};

struct alloc_frames {
	uint32_t *pfn; /* owned */
	size_t n, cap;
};

struct alloc_replay {
	struct alloc_state *st;
	struct alloc_slots *slots;
	struct alloc_op *ops; /* owned */
	size_t nr_ops, cap_ops;
	struct alloc_frames frames, expected_frames; /* of B */
	struct alloc_events events, expected_events;
	bool has_answers; /* at least one was recorded */
	bool has_moves;   /* events d and l were recorded, too */
	uint32_t at;      /* call that runs */
	/* Called at each M; NULL: not. */
	void (*mark)(struct alloc_replay *r, uint64_t number, void *arg);
	void *mark_arg;
};

void alloc_keep_frame(struct alloc_frames *f, uint32_t pfn);
struct alloc_event *alloc_add_event(struct alloc_events *l, char kind, uint32_t op);

/* Reads the calls of a phase whose state is loaded; false after reporting to c->diag. */
bool alloc_ops_read(struct verify_case *c, const char *path, struct alloc_replay *r);
/* What the state cannot say of blocks held from earlier phases: which of them are compound. */
void alloc_slots_restore(const struct alloc_slots *slots, struct linux_vm *vm);
/* Runs all calls and keeps their answers and events. */
void alloc_replay_run(struct alloc_replay *r);
void alloc_replay_print(const struct alloc_replay *r, FILE *f);
void alloc_replay_compare(const struct alloc_replay *r, const char *path,
			  struct verify_quantity *q);
void alloc_replay_free(struct alloc_replay *r);
#endif
