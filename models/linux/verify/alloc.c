/*
 * alloc.c - calls of the page allocator, frame for frame
 *
 *	phase-NN/before.txt  ->  machine and state of the allocator
 *	phase-NN/ops.txt     ->  answers; phase-NN/mark-N.txt and after.txt: the state again
 *
 * Every phase begins from its own state.  Blocks that an earlier phase still
 * holds may be freed in a later one, if slots_kept says so.
 */
#include <inttypes.h>

#include "models/linux/verify/alloc_case.h"

static const char *const quantity_names[NR_ALLOC_QUANTITIES] = {
	[Q_ANSWERS] = "answers",
	[Q_TRACE] = "events",
	[Q_ZONES] = "zones",
	[Q_FREE] = "free lists",
	[Q_PCP] = "pcp",
	[Q_PCPLIST] = "pcp lists",
	[Q_BLOCKS] = "pageblocks",
	[Q_WMARK] = "wmark",
	[Q_ZONEMISC] = "zonemisc",
	[Q_NUMA] = "numa",
	[Q_EVENTS] = "pgalloc, pgfree",
	[Q_KSWAPD] = "kswapd",
};

struct alloc_case {
	struct verify_case *c;
	struct verify_quantity q[NR_ALLOC_QUANTITIES];
	struct alloc_slots slots;
	int64_t phase;
};

/* Writes the state now and compares it with the recorded one. */
static void take_state(struct alloc_case *a, const struct alloc_state *st, const char *name)
{
	char *path = str_format("phase-%02" PRId64 "/%s.txt", a->phase, name);
	struct str text = { 0 };
	FILE *f = verify_create(a->c, path);

	alloc_state_print(st, &text);
	if (f)
		fputs(str_get(&text), f);
	verify_finish(a->c, f);
	alloc_state_compare(a->c, st, path, str_get(&text), a->q);
	str_free(&text);
	sim_free(path);
}

static void at_mark(struct alloc_replay *r, uint64_t number, void *arg)
{
	char *name = str_format("mark-%" PRIu64, number);

	take_state(arg, r->st, name);
	sim_free(name);
}

static bool run_ops(struct alloc_case *a, struct alloc_state *st)
{
	struct alloc_replay r = { .st = st, .slots = &a->slots, .mark = at_mark, .mark_arg = a };
	char *path = str_format("phase-%02" PRId64 "/ops.txt", a->phase);
	bool ok = alloc_ops_read(a->c, path, &r);

	if (ok) {
		FILE *f;

		alloc_slots_restore(&a->slots, &st->vm);
		alloc_replay_run(&r);
		f = verify_create(a->c, path);
		if (f)
			alloc_replay_print(&r, f);
		verify_finish(a->c, f);
		alloc_replay_compare(&r, path, a->q);
		take_state(a, st, "after");
	}
	alloc_replay_free(&r);
	sim_free(path);
	return ok;
}

static bool run_phase(struct alloc_case *a, const struct yaml_node *phase)
{
	const struct yaml_node *kept = yaml_get(phase, "slots_kept");
	struct alloc_state st;
	char *path;
	bool ok;

	a->phase = verify_int(a->c, phase, "index");
	if (diag_failed(a->c->diag))
		return false;
	path = str_format("phase-%02" PRId64 "/before.txt", a->phase);
	ok = alloc_state_load(a->c, path, &st) && run_ops(a, &st);
	if (!kept || !yaml_is(kept, "true"))
		a->slots.n = 0;
	alloc_state_free(&st);
	sim_free(path);
	return ok;
}

static bool alloc_run(struct verify_case *c)
{
	const struct yaml_node *phases = yaml_get(c->yaml, "phases");
	struct alloc_case a = { .c = c };
	bool ok = phases && phases->kind == YAML_KIND_LIST;

	if (!ok)
		verify_error(c, "case.yaml has no list of phases");
	for (int i = 0; i < NR_ALLOC_QUANTITIES; i++)
		a.q[i].name = quantity_names[i];
	for (size_t i = 0; ok && i < phases->n; i++)
		ok = run_phase(&a, phases->items[i]);
	verify_report(c, a.q, NR_ALLOC_QUANTITIES);
	sim_free(a.slots.slot);
	return ok;
}

const struct verify_family verify_alloc = { .name = "alloc", .run = alloc_run };
