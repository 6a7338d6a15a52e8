/*
 * order.c - names of results that are used before anything can have been given
 *
 *	do: [ touch: { map: heap } ,  { mmap: { len: 1 GiB }, as: heap } ]
 *
 * The steps of a program are walked once in their order, each loop one round: what its own names
 * stand for only below is certainly not there when the step is reached first.  What a choice gives
 * may be there when a loop comes round to another choice: there nothing is certain.  A child has
 * what its parent had so far, and what it gives its parent does not have.
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/workload/program.h"

struct walk {
	struct compiler *c;
	const struct program *p;
	bool *given; /* by slot: a step above gives it */
	int loops;   /* around the step */
	int unsure;  /* choices in loops around the step */
	bool ended;  /* nothing below is reached */
};

static void walk_block(struct walk *w, const struct block *block);

static void walk_call(struct walk *w, const struct step *step)
{
	const struct call *call = step->call;

	for (int i = 0; i < call->nr_refs && !w->unsure; i++) {
		const struct ref_use *use = &call->refs[i];

		if (use->from != REF_LOCAL || use->slot < 0 || w->given[use->slot])
			continue;
		diag_error(w->c->d, use->at,
			   "%s: nothing was given as \"%s\" yet when this step is reached; "
			   "accepted: a name that a step above gives (line %d does)",
			   step->name, use->name, w->p->slots[use->slot].at.line);
		w->given[use->slot] = true; /* said once */
	}
	if (call->as >= 0)
		w->given[call->as] = true;
}

/* A block whose results are not seen behind it. */
static void walk_child(struct walk *w, const struct block *block)
{
	size_t size = w->p->nr_slots * sizeof(*w->given);
	bool *before = sim_alloc(size + 1), ended = w->ended;

	memcpy(before, w->given, size);
	walk_block(w, block);
	memcpy(w->given, before, size);
	w->ended = ended;
	sim_free(before);
}

/* Each choice by itself; what one of them gives may be there behind. */
static void walk_choice(struct walk *w, const struct step *step)
{
	size_t n = w->p->nr_slots;
	bool *before = sim_alloc(n + 1), *after = sim_alloc(n + 1), ended = true;

	memcpy(before, w->given, n * sizeof(*before));
	memcpy(after, w->given, n * sizeof(*after));
	w->unsure += w->loops > 0;
	for (int i = 0; i < step->choose.n; i++) {
		memcpy(w->given, before, n * sizeof(*before));
		w->ended = false;
		walk_block(w, &step->choose.choices[i].body);
		ended &= w->ended;
		for (size_t k = 0; k < n; k++)
			after[k] |= w->given[k];
	}
	w->unsure -= w->loops > 0;
	w->ended = ended && step->choose.n;
	memcpy(w->given, after, n * sizeof(*after));
	sim_free(before);
	sim_free(after);
}

static void walk_block(struct walk *w, const struct block *block)
{
	for (int i = 0; i < block->n && !w->ended; i++) {
		const struct step *step = &block->steps[i];

		if (step->kind == STEP_CALL) {
			walk_call(w, step);
		} else if (step->kind == STEP_LOOP) {
			w->loops++;
			walk_block(w, &step->loop.body);
			w->loops--;
		} else if (step->kind == STEP_FORK) {
			walk_child(w, &step->fork.body);
		} else if (step->kind == STEP_CHOOSE) {
			walk_choice(w, step);
		} else if (step->kind == STEP_EXIT) {
			w->ended = true;
		}
	}
}

void check_order(struct compiler *c, const struct program *p)
{
	struct walk w = { .c = c, .p = p, .loops = p->is_irq };

	w.given = sim_calloc(p->nr_slots + 1, sizeof(*w.given));
	walk_block(&w, &p->body);
	sim_free(w.given);
}
